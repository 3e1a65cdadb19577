package store

import (
	"errors"
	"testing"
)

func TestStatus(t *testing.T) {
	s := New(nil)
	s.status["ord-1"] = StatusPaid

	cases := []struct {
		name    string
		id      string
		want    string
		wantErr error
	}{
		{name: "known order", id: "ord-1", want: StatusPaid},
		{name: "unknown order", id: "ord-2", wantErr: ErrUnknownOrder},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got, err := s.Status(tc.id)
			if !errors.Is(err, tc.wantErr) {
				t.Fatalf("error = %v, want %v", err, tc.wantErr)
			}
			if got != tc.want {
				t.Errorf("status = %q, want %q", got, tc.want)
			}
		})
	}
}

func TestTouchCart(t *testing.T) {
	s := New(nil)
	s.TouchCart("alice")
	s.OpenCarts()
}
