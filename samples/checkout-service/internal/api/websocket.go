package api

import (
	"log"
	"net/http"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{
	ReadBufferSize:  1024,
	WriteBufferSize: 1024,
	CheckOrigin:     func(r *http.Request) bool { return true },
}

// subscribers holds the browsers that watch an order, by order id.
var subscribers = map[string][]*websocket.Conn{}

// Updates streams the state of an order to the browser that placed it.
func (h *Handler) Updates(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		log.Println("upgrade:", err)
		return
	}

	orderID := r.URL.Query().Get("order")
	subscribers[orderID] = append(subscribers[orderID], conn)

	for {
		_, message, err := conn.ReadMessage()
		if err != nil {
			return
		}
		log.Printf("client of order %s says %s", orderID, message)
	}
}

func notify(orderID string, status string) {
	for _, conn := range subscribers[orderID] {
		conn.WriteJSON(map[string]string{"order": orderID, "status": status})
	}
}
