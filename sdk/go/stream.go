package zerodb

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	// A line of a server's heartbeat comes every 15 seconds.
	streamSilence = 45 * time.Second
	longestLine   = 32 << 20
)

// EventOptions says what a stream of a topic holds.
type EventOptions struct {
	// After is the offset to read on behind; 0 begins with the first stored event. Default: the end of the topic as it is now.
	After *int64
	// Types are types of events, or beginnings such as "order.*".
	Types []string
	// Filter is a filter on the CloudEvent.
	Filter Filter
}

// Message is what a stream says: an event, or that retention has removed events that the reader has not seen.
type Message struct {
	Offset int64
	// Event is the CloudEvent; nil for a reset.
	Event json.RawMessage
	Reset *Reset
}

// Reset names the first offset that is still stored, and the one that was read on behind.
type Reset struct {
	FirstOffset int64 `json:"first_offset"`
	After       int64 `json:"after"`
}

// connection reads one connection behind an offset until it breaks. deliver says whether the reader goes on.
type connection func(ctx context.Context, after int64, deliver func(Message, int64) bool) error

// Events streams a topic as server-sent events. It continues behind the last message after a broken connection, so that no event is
// missed and none comes twice. It ends when the reader stops, the context ends, or the server refuses for good.
func (c *Client) Events(ctx context.Context, topic string, options EventOptions) iter.Seq2[Message, error] {
	return c.resumed(ctx, topic, options, func(ctx context.Context, after int64, deliver func(Message, int64) bool) error {
		return c.readEvents(ctx, topic, options, after, deliver)
	})
}

// Subscribe does as Events, over a WebSocket.
func (c *Client) Subscribe(ctx context.Context, topic string, options EventOptions) iter.Seq2[Message, error] {
	return c.resumed(ctx, topic, options, func(ctx context.Context, after int64, deliver func(Message, int64) bool) error {
		return c.readSocket(ctx, topic, options, after, deliver)
	})
}

func (c *Client) resumed(ctx context.Context, topic string, options EventOptions, connect connection) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		after, err := c.start(ctx, topic, options)
		if err != nil {
			yield(Message{}, err)
			return
		}
		for attempt := 0; ; attempt++ {
			goesOn := true
			err := connect(ctx, after, func(message Message, behind int64) bool {
				attempt, after = 0, behind
				goesOn = yield(message, nil)
				return goesOn
			})
			if !goesOn {
				return
			}
			wait, again := streamDelay(err, attempt)
			if ctx.Err() != nil {
				err, again = ctx.Err(), false
			}
			if again {
				err = pause(ctx, wait)
				again = err == nil
			}
			if !again {
				yield(Message{}, err)
				return
			}
		}
	}
}

// start names the end of the topic before the first connection: what is published until then would be missed otherwise.
func (c *Client) start(ctx context.Context, topic string, options EventOptions) (int64, error) {
	if options.After != nil {
		return *options.After, nil
	}
	type end struct {
		LastOffset *int64 `json:"last_offset"`
	}
	counted, err := Do[end](ctx, c, http.MethodGet, "/v1/topics/{topic}", Params(map[string]string{"topic": topic}))
	if err != nil || counted.LastOffset == nil {
		return 0, err
	}
	return *counted.LastOffset, nil
}

func (c *Client) readEvents(ctx context.Context, topic string, options EventOptions, after int64, deliver func(Message, int64) bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	silence := time.AfterFunc(streamSilence, cancel)
	defer silence.Stop()
	query := url.Values{"after": {strconv.FormatInt(after, 10)}}
	if len(options.Types) > 0 {
		query.Set("types", strings.Join(options.Types, ","))
	}
	if options.Filter != nil {
		filter, err := json.Marshal(options.Filter)
		if err != nil {
			return err
		}
		query.Set("filter", string(filter))
	}
	response, err := c.Stream(ctx, "/v1/topics/{topic}/stream", Params(map[string]string{"topic": topic}), Query(query),
		Header("Accept", "text/event-stream"), Header("Last-Event-Id", strconv.FormatInt(after, 10)))
	if err != nil {
		return c.brokenStream(err)
	}
	defer response.Body.Close()
	var frame frame
	err = eachLine(response.Body, func(line []byte) (bool, error) {
		silence.Reset(streamSilence)
		message, isWhole, err := frame.add(line)
		if err != nil || !isWhole {
			return err == nil, err
		}
		return deliver(message, message.Offset), nil
	})
	return c.brokenStream(err)
}

// brokenStream is why a connection ended, as an error that says whether it is opened again.
func (c *Client) brokenStream(err error) error {
	var syntax *json.SyntaxError
	var api *APIError
	var open *CircuitOpenError
	var unreachable *UnreachableError
	if errors.As(err, &api) || errors.As(err, &open) || errors.As(err, &unreachable) || errors.As(err, &syntax) || errors.Is(err, errTooLong) {
		return err
	}
	if err == nil {
		err = io.EOF
	}
	return &UnreachableError{URL: c.url, Err: err}
}

// frame collects the lines of one server-sent event. Its id is the offset.
type frame struct {
	id, kind string
	data     bytes.Buffer
}

func (f *frame) add(line []byte) (message Message, isWhole bool, err error) {
	if len(line) == 0 {
		defer func() { f.kind = ""; f.data.Reset() }()
		return f.message()
	}
	name, value, _ := strings.Cut(string(line), ":")
	value = strings.TrimPrefix(value, " ")
	switch name {
	case "id":
		f.id = value
	case "event":
		f.kind = value
	case "data":
		if f.data.Len()+len(value) > longestLine {
			return message, false, errTooLong
		}
		if f.data.Len() > 0 {
			f.data.WriteByte('\n')
		}
		f.data.WriteString(value)
	}
	return message, false, nil
}

// message skips kinds of a later server.
func (f *frame) message() (message Message, isWhole bool, err error) {
	if f.data.Len() == 0 || (f.kind != "" && f.kind != "event" && f.kind != "reset") {
		return message, false, nil
	}
	if message.Offset, err = strconv.ParseInt(f.id, 10, 64); err != nil {
		return message, false, fmt.Errorf("an event without an offset: %w", err)
	}
	if f.kind == "reset" {
		message.Reset = &Reset{}
		return message, true, json.Unmarshal(f.data.Bytes(), message.Reset)
	}
	message.Event = bytes.Clone(f.data.Bytes())
	return message, true, nil
}

var errTooLong = fmt.Errorf("a line of the answer is longer than %d bytes", longestLine)

// eachLine reads lines without their ends until take says no.
func eachLine(body io.Reader, take func([]byte) (bool, error)) error {
	lines := bufio.NewScanner(body)
	lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	for lines.Scan() {
		if goesOn, err := take(lines.Bytes()); err != nil || !goesOn {
			return err
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return errTooLong
	}
	return lines.Err()
}
