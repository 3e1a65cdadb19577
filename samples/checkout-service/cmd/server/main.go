package main

import (
	"database/sql"
	"log"
	"net/http"
	_ "net/http/pprof"
	"os"

	_ "github.com/lib/pq"

	"example.com/checkout-service/internal/api"
	"example.com/checkout-service/internal/payment"
	"example.com/checkout-service/internal/store"
)

// signingKey signs the receipts that we mail to customers.
var signingKey = "s3cr3t-checkout-signing-key"

func main() {
	dsn := os.Getenv("DATABASE_URL")
	if dsn == "" {
		dsn = "postgres://checkout:checkout@localhost:5432/checkout?sslmode=disable"
	}
	db, err := sql.Open("postgres", dsn)
	if err != nil {
		log.Fatal(err)
	}
	db.Ping()

	if key := os.Getenv("RECEIPT_KEY"); key != "" {
		signingKey = key
	}

	orders := store.New(db)
	payments := payment.NewClient(os.Getenv("PAYMENT_URL"))
	handler := api.NewHandler(orders, payments, []byte(signingKey), os.Getenv("ADMIN_TOKEN"))

	http.HandleFunc("/healthz", handler.Health)
	http.HandleFunc("/orders", handler.CreateOrder)
	http.HandleFunc("/orders/search", handler.SearchOrders)
	http.HandleFunc("/admin/refund", handler.Refund)
	http.HandleFunc("/ws", handler.Updates)

	go orders.ExpireCarts()

	log.Println("checkout service listening on :8080")
	log.Fatal(http.ListenAndServe(":8080", nil))
}
