package zerodb

import (
	"bufio"
	"context"
	"crypto/rand"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	opening        = 15 * time.Second
	pinging        = 15 * time.Second
	longestMessage = 16 << 20
	websocketGUID  = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

	opText, opClose, opPing, opPong = 1, 8, 9, 10
)

var statusOfCode = map[string]int{
	"unauthenticated": 401, "key_expired": 401, "key_revoked": 401, "forbidden": 403, "not_found": 404, "invalid": 422,
	"rate_limited": 429, "share_exceeded": 429, "internal": 500,
}
var statusOfClose = map[uint16]int{4401: 401, 4403: 403, 4429: 429}

func (c *Client) readSocket(ctx context.Context, topic string, options EventOptions, after int64, deliver func(Message, int64) bool) error {
	socket, err := c.dial(ctx)
	if err != nil {
		return err
	}
	defer socket.conn.Close()
	defer context.AfterFunc(ctx, func() { socket.conn.Close() })()
	subscribe := map[string]any{"type": "subscribe", "id": "s", "topic": topic, "after": after}
	if len(options.Types) > 0 {
		subscribe["types"] = options.Types
	}
	if options.Filter != nil {
		subscribe["filter"] = options.Filter
	}
	auth := map[string]any{"type": "auth", "key": c.key}
	if c.project != "" {
		auth["project"] = c.project
	}
	for _, message := range []any{auth, subscribe} {
		if err := socket.send(message); err != nil {
			return &UnreachableError{URL: c.url, Err: err}
		}
	}
	stop := socket.keepAlive()
	defer stop()
	return c.readMessages(socket, deliver)
}

func (c *Client) readMessages(socket *socket, deliver func(Message, int64) bool) error {
	for {
		text, err := socket.read()
		if err != nil {
			var closed closedError
			if errors.As(err, &closed) && statusOfClose[uint16(closed)] != 0 {
				return refusal(statusOfClose[uint16(closed)], "", err.Error())
			}
			return &UnreachableError{URL: c.url, Err: err}
		}
		var message struct {
			Type    string          `json:"type"`
			Event   json.RawMessage `json:"event"`
			Code    string          `json:"code"`
			Message string          `json:"message"`
			Reset
		}
		if err := json.Unmarshal(text, &message); err != nil {
			return err
		}
		switch message.Type {
		case "error":
			status := statusOfCode[message.Code]
			if status == 0 {
				status = 503
			}
			return refusal(status, message.Code, message.Message)
		case "reset":
			reset, behind := message.Reset, message.FirstOffset-1
			if !deliver(Message{Offset: behind, Reset: &reset}, behind) {
				return nil
			}
		case "event":
			var event struct {
				Offset int64 `json:"offset"`
			}
			if err := json.Unmarshal(message.Event, &event); err != nil {
				return err
			}
			if !deliver(Message{Offset: event.Offset, Event: message.Event}, event.Offset) {
				return nil
			}
		}
	}
}

func refusal(status int, code, detail string) *APIError {
	if code == "" {
		code = fmt.Sprintf("http_%d", status)
	}
	return &APIError{Status: status, Code: code, Title: "Refused", Detail: detail, Retryable: status == 429 || status >= 500, RetryAfter: -1}
}

// socket is the client's side of a WebSocket (RFC 6455), without extensions.
type socket struct {
	conn   net.Conn
	reader *bufio.Reader
	mutex  sync.Mutex
}

type closedError uint16

func (e closedError) Error() string { return fmt.Sprintf("closed with %d", uint16(e)) }

func (c *Client) dial(ctx context.Context) (*socket, error) {
	address, err := url.Parse(c.url)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, opening)
	defer cancel()
	conn, err := c.connect(limited, address)
	if err != nil {
		return nil, &UnreachableError{URL: c.url, Err: err}
	}
	stop := context.AfterFunc(limited, func() { conn.Close() })
	defer stop()
	opened, err := shakeHands(conn, address)
	if err != nil {
		conn.Close()
		var api *APIError
		if errors.As(err, &api) {
			return nil, err
		}
		return nil, &UnreachableError{URL: c.url, Err: err}
	}
	return opened, nil
}

// connect uses the certificates of the client's transport, where it has some.
func (c *Client) connect(ctx context.Context, address *url.URL) (net.Conn, error) {
	host, port := address.Hostname(), address.Port()
	if address.Scheme != "https" {
		if port == "" {
			port = "80"
		}
		return (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
	}
	if port == "" {
		port = "443"
	}
	settings := &tls.Config{MinVersion: tls.VersionTLS12}
	if transport, ok := c.http.Transport.(*http.Transport); ok && transport.TLSClientConfig != nil {
		settings = transport.TLSClientConfig.Clone()
	}
	settings.NextProtos = nil
	return (&tls.Dialer{Config: settings}).DialContext(ctx, "tcp", net.JoinHostPort(host, port))
}

func shakeHands(conn net.Conn, address *url.URL) (*socket, error) {
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	key := base64.StdEncoding.EncodeToString(random)
	request := &http.Request{
		Method: http.MethodGet,
		URL:    &url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path + "/v1/realtime"},
		Host:   address.Host,
		Header: http.Header{
			"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {key},
		},
	}
	if err := request.Write(conn); err != nil {
		return nil, err
	}
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols {
		body, _ := io.ReadAll(io.LimitReader(response.Body, longestProblem))
		return nil, errorFrom(response.StatusCode, response.Header, body)
	}
	sum := sha1.Sum([]byte(key + websocketGUID))
	if response.Header.Get("Sec-Websocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]) {
		return nil, errors.New("the server speaks no WebSocket")
	}
	return &socket{conn: conn, reader: reader}, nil
}

// keepAlive sends pings of ZeroDB's own, which are answered with messages: a peer that vanished does not say so.
func (s *socket) keepAlive() (stop func()) {
	ticker := time.NewTicker(pinging)
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				_ = s.send(map[string]string{"type": "ping"})
			}
		}
	}()
	return func() { ticker.Stop(); close(ended) }
}

func (s *socket) send(message any) error {
	text, err := json.Marshal(message)
	if err != nil {
		return err
	}
	return s.write(opText, text)
}

// write sends one masked frame, as clients must.
func (s *socket) write(code byte, payload []byte) error {
	header := []byte{0x80 | code}
	switch length := len(payload); {
	case length < 126:
		header = append(header, 0x80|byte(length))
	case length < 1<<16:
		header = binary.BigEndian.AppendUint16(append(header, 0x80|126), uint16(length))
	default:
		header = binary.BigEndian.AppendUint64(append(header, 0x80|127), uint64(length))
	}
	mask := make([]byte, 4)
	_, _ = rand.Read(mask)
	header = append(header, mask...)
	for at, value := range payload {
		header = append(header, value^mask[at%4])
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(opening))
	_, err := s.conn.Write(header)
	return err
}

// read returns the next message. It answers pings, and puts fragments together.
func (s *socket) read() ([]byte, error) {
	var message []byte
	for {
		code, isLast, payload, err := s.readFrame(longestMessage - len(message))
		if err != nil {
			return nil, err
		}
		switch {
		case code == opPing:
			if err := s.write(opPong, payload); err != nil {
				return nil, err
			}
		case code == opClose:
			if len(payload) < 2 {
				return nil, closedError(1005)
			}
			return nil, closedError(binary.BigEndian.Uint16(payload))
		case code < opClose:
			message = append(message, payload...)
			if isLast {
				return message, nil
			}
		}
	}
}

func (s *socket) readFrame(longest int) (code byte, isLast bool, payload []byte, err error) {
	_ = s.conn.SetReadDeadline(time.Now().Add(streamSilence))
	var start [2]byte
	if _, err = io.ReadFull(s.reader, start[:]); err != nil {
		return
	}
	length := uint64(start[1] & 0x7f)
	if length >= 126 {
		extended := make([]byte, map[uint64]int{126: 2, 127: 8}[length])
		if _, err = io.ReadFull(s.reader, extended); err != nil {
			return
		}
		length = 0
		for _, value := range extended {
			length = length<<8 | uint64(value)
		}
	}
	if start[1]&0x80 != 0 || length > uint64(longest) {
		return 0, false, nil, errors.New("a frame that no server may send")
	}
	payload = make([]byte, length)
	_, err = io.ReadFull(s.reader, payload)
	return start[0] & 0x0f, start[0]&0x80 != 0, payload, err
}
