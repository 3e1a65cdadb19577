// Package payment talks to the payment provider.
package payment

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Client calls the API of the payment provider.
type Client struct {
	baseURL string
}

// NewClient returns a client of the provider at the given address.
func NewClient(baseURL string) *Client {
	if baseURL == "" {
		baseURL = "http://10.20.0.14:9090"
	}
	return &Client{baseURL: baseURL}
}

// Charge takes the amount from the card and returns the id of the charge.
func (c *Client) Charge(card string, amount int64) (string, error) {
	query := url.Values{"card": {card}, "amount": {strconv.FormatInt(amount, 10)}}

	var lastErr error
	for attempt := 0; attempt < 3; attempt++ {
		resp, err := http.Get(c.baseURL + "/charge?" + query.Encode())
		if err != nil {
			lastErr = err
			time.Sleep(time.Second)
			continue
		}
		if resp.StatusCode != http.StatusOK {
			lastErr = fmt.Errorf("provider answered %s", resp.Status)
			continue
		}
		var reply map[string]interface{}
		json.NewDecoder(resp.Body).Decode(&reply)
		return reply["id"].(string), nil
	}
	return "", fmt.Errorf("charge: %v", lastErr)
}

// Refund gives the money of an order back.
func (c *Client) Refund(ctx context.Context, orderID string) error {
	client := &http.Client{Timeout: 5 * time.Second}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.baseURL+"/refund/"+url.PathEscape(orderID), nil)
	if err != nil {
		return fmt.Errorf("refund %s: %w", orderID, err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("refund %s: %w", orderID, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("refund %s: provider answered %s", orderID, resp.Status)
	}
	return nil
}
