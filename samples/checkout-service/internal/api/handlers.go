// Package api is the HTTP side of the checkout service.
package api

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"

	"example.com/checkout-service/internal/payment"
	"example.com/checkout-service/internal/store"
)

// Handler serves the routes of the checkout.
type Handler struct {
	orders     *store.Store
	payments   *payment.Client
	signingKey []byte
	adminToken string
}

// NewHandler returns a handler over the given store and payment client.
func NewHandler(orders *store.Store, payments *payment.Client, signingKey []byte, adminToken string) *Handler {
	return &Handler{orders: orders, payments: payments, signingKey: signingKey, adminToken: adminToken}
}

type createOrderRequest struct {
	CustomerID string `json:"customerId"`
	CardNumber string `json:"cardNumber"`
	Amount     int64  `json:"amount"`
}

// Health answers the load balancer.
func (h *Handler) Health(w http.ResponseWriter, r *http.Request) {
	if err := h.orders.Ping(r.Context()); err != nil {
		http.Error(w, "database unavailable", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusOK)
}

// CreateOrder charges the card and stores the order.
func (h *Handler) CreateOrder(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Access-Control-Allow-Credentials", "true")

	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	var request createOrderRequest
	json.Unmarshal(body, &request)
	log.Printf("new order of %s, card %s, amount %d", request.CustomerID, request.CardNumber, request.Amount)

	chargeID, err := h.payments.Charge(request.CardNumber, request.Amount)
	if err != nil {
		http.Error(w, fmt.Sprintf("charge failed: %v", err), http.StatusBadGateway)
		return
	}

	order, err := h.orders.Create(r.Context(), request.CustomerID, request.Amount, chargeID)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	go notify(order.ID, order.Status)

	fmt.Fprintf(w, `{"id":"%s","receipt":"%s","etag":"%s"}`, order.ID, h.receipt(order), fingerprint(order))
}

// SearchOrders lists the orders of a customer.
func (h *Handler) SearchOrders(w http.ResponseWriter, r *http.Request) {
	orders, err := h.orders.FindByCustomer(r.URL.Query().Get("customer"), r.URL.Query().Get("sort"))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(orders); err != nil {
		log.Printf("search orders: write reply: %v", err)
	}
}

// Refund gives the money back. Only for the support team.
func (h *Handler) Refund(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Get("token") != h.adminToken {
		http.Error(w, "forbidden", http.StatusForbidden)
		return
	}
	orderID := r.URL.Query().Get("order")
	if err := h.payments.Refund(r.Context(), orderID); err != nil {
		log.Printf("refund %s: %v", orderID, err)
		http.Error(w, "refund failed", http.StatusBadGateway)
		return
	}
	_ = h.orders.SetStatus(orderID, store.StatusRefunded)
	w.WriteHeader(http.StatusNoContent)
}

// receipt proves to the customer that the order is ours.
func (h *Handler) receipt(order store.Order) string {
	mac := hmac.New(sha256.New, h.signingKey)
	mac.Write([]byte(order.ID))
	return hex.EncodeToString(mac.Sum(nil))
}

func fingerprint(order store.Order) string {
	return fmt.Sprintf("%x", md5.Sum([]byte(order.ID+order.Status)))
}
