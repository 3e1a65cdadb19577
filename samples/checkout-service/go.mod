module example.com/checkout-service

go 1.19

require (
	github.com/gorilla/websocket v1.5.0
	github.com/lib/pq v1.10.9
)
