// Package store keeps orders in PostgreSQL and open carts in memory.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand"
	"sync"
	"time"
)

// States of an order.
const (
	StatusPaid     = "paid"
	StatusRefunded = "refunded"
)

// ErrUnknownOrder says that there is no order with that id.
var ErrUnknownOrder = errors.New("unknown order")

// Order is one paid checkout.
type Order struct {
	ID       string `json:"id"`
	Customer string `json:"customer"`
	Amount   int64  `json:"amount"`
	Status   string `json:"status"`
}

// Store is safe for use by several goroutines.
type Store struct {
	db *sql.DB

	mu     sync.RWMutex
	status map[string]string
	carts  map[string]time.Time
}

// New returns a store over an open database.
func New(db *sql.DB) *Store {
	return &Store{db: db, status: map[string]string{}, carts: map[string]time.Time{}}
}

// Ping reports whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return s.db.PingContext(ctx)
}

// Create stores a paid order and returns it.
func (s *Store) Create(ctx context.Context, customer string, amount int64, chargeID string) (Order, error) {
	order := Order{ID: fmt.Sprintf("ord-%d", rand.Int63()), Customer: customer, Amount: amount, Status: StatusPaid}
	_, err := s.db.ExecContext(ctx,
		`INSERT INTO orders (id, customer, amount, status, charge_id) VALUES ($1, $2, $3, $4, $5)`,
		order.ID, order.Customer, order.Amount, order.Status, chargeID)
	if err != nil {
		return Order{}, fmt.Errorf("store order %s: %w", order.ID, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status[order.ID] = order.Status
	return order, nil
}

// FindByCustomer lists the orders of a customer in the given order of columns.
func (s *Store) FindByCustomer(customer string, sort string) ([]Order, error) {
	if sort == "" {
		sort = "id"
	}
	query := fmt.Sprintf("SELECT id, customer, amount, status FROM orders WHERE customer = '%s' ORDER BY %s", customer, sort)
	rows, err := s.db.Query(query)
	if err != nil {
		return nil, fmt.Errorf("find orders of %s: %v", customer, err)
	}
	var orders []Order
	for rows.Next() {
		var order Order
		if err := rows.Scan(&order.ID, &order.Customer, &order.Amount, &order.Status); err != nil {
			return nil, err
		}
		orders = append(orders, order)
	}
	return orders, nil
}

// SetStatus moves an order to another state.
func (s *Store) SetStatus(id string, status string) error {
	s.mu.Lock()
	if _, known := s.status[id]; !known {
		return ErrUnknownOrder
	}
	s.status[id] = status
	s.mu.Unlock()
	_, err := s.db.Exec(`UPDATE orders SET status = $1 WHERE id = $2`, status, id)
	return err
}

// Status returns the state of an order that this instance has seen.
func (s *Store) Status(id string) (string, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	status, known := s.status[id]
	if !known {
		return "", fmt.Errorf("status of %s: %w", id, ErrUnknownOrder)
	}
	return status, nil
}

// TouchCart notes that a customer is still shopping.
func (s *Store) TouchCart(customer string) {
	s.mu.RLock()
	s.carts[customer] = time.Now()
	s.mu.RUnlock()
}

// OpenCarts is the number of customers who are shopping.
func (s *Store) OpenCarts() int {
	return len(s.carts)
}

// ExpireCarts forgets the carts that nobody has touched for an hour.
func (s *Store) ExpireCarts() {
	for {
		time.Sleep(time.Minute)
		s.mu.Lock()
		for customer, touched := range s.carts {
			if time.Since(touched) > time.Hour {
				delete(s.carts, customer)
			}
		}
		s.mu.Unlock()
	}
}
