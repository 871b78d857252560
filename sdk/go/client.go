// Package zerodb is the client of ZeroDB. It needs the standard library alone.
package zerodb

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
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
	accept          = "application/json, application/problem+json, application/x-ndjson"
	leastTimeout    = 50 * time.Millisecond
	mostTimeout     = time.Minute
	defaultRetries  = 3
	defaultSilence  = 2 * time.Minute
	longestProblem  = 1 << 20
	connectionsHost = 32
)

// Operations that keep no answers by key: what they do twice is done twice.
var keepNone = map[string]bool{"/graphql": true, "/mcp": true, "/v1/keys/{id}/s3": true, "/v1/topics/{topic}/groups/{group}/poll": true}

// Client makes calls to one server. Goroutines may share it.
type Client struct {
	url         string
	key         string
	project     string
	retries     int
	silence     time.Duration
	http        *http.Client
	circuit     *circuit
	traceparent func(context.Context) string
}

// Setting changes a client that New makes.
type Setting func(*Client)

// WithProject sends ZeroDB-Project; only the root key may name one.
func WithProject(name string) Setting { return func(c *Client) { c.project = name } }

// WithRetries sets the further attempts after a retryable failure. Default: 3.
func WithRetries(count int) Setting { return func(c *Client) { c.retries = count } }

// WithBreaker sets when calls are refused; without Failures, never. Default: 10 failures, 5 seconds.
func WithBreaker(breaker Breaker) Setting {
	return func(c *Client) { c.circuit = &circuit{settings: breaker} }
}

// WithSilence sets when a server that answers nothing is left, where a call has no timeout. Default: 2 minutes.
func WithSilence(silence time.Duration) Setting { return func(c *Client) { c.silence = silence } }

// WithHTTPClient sets what sends the requests: its transport, pool and certificates. Redirects are never followed.
func WithHTTPClient(client *http.Client) Setting {
	return func(c *Client) { copied := *client; c.http = &copied }
}

// WithTraceparent sends the W3C trace of the caller's span, which the function reads from the context.
func WithTraceparent(read func(context.Context) string) Setting {
	return func(c *Client) { c.traceparent = read }
}

// New makes a client of the server at this address.
func New(address, key string, settings ...Setting) *Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = connectionsHost
	client := &Client{
		url:     strings.TrimSuffix(address, "/"),
		key:     key,
		retries: defaultRetries,
		silence: defaultSilence,
		http:    &http.Client{Transport: transport},
		circuit: &circuit{settings: Breaker{Failures: 10, Open: 5 * time.Second}},
	}
	for _, setting := range settings {
		setting(client)
	}
	client.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client
}

// Option is what a single call may change.
type Option func(*call)

type call struct {
	method, path string
	params       map[string]string
	query        url.Values
	header       http.Header
	body         []byte
	contentType  string
	isStream     bool
	timeout      time.Duration
	silence      time.Duration
	retries      int
	repeatable   *bool
	err          error
}

// Params are the values of the path's parameters.
func Params(values map[string]string) Option { return func(c *call) { c.params = values } }

// Query adds parameters to the address.
func Query(values url.Values) Option {
	return func(c *call) {
		for name, all := range values {
			c.query[name] = all
		}
	}
}

// Header sets a header of the request, such as If-Match or Idempotency-Key.
func Header(name, value string) Option { return func(c *call) { c.header.Set(name, value) } }

// JSON is a body that is encoded.
func JSON(body any) Option {
	return func(c *call) {
		c.body, c.err = json.Marshal(body)
		c.contentType = "application/json"
	}
}

// Bytes is a body that is sent as it is.
func Bytes(body []byte, contentType string) Option {
	return func(c *call) { c.body, c.contentType, c.isStream = body, contentType, true }
}

// Timeout is the server's deadline for one attempt (Request-Timeout), 50 ms to a minute; a silent server is left soon after it. The
// context bounds the whole call.
func Timeout(timeout time.Duration) Option { return func(c *call) { c.timeout = timeout } }

// Retries sets the further attempts of this call.
func Retries(count int) Option { return func(c *call) { c.retries = count } }

// Repeatable says whether the call has the same effect when it is made twice.
func Repeatable(is bool) Option { return func(c *call) { c.repeatable = &is } }

func withSilence(silence time.Duration) Option { return func(c *call) { c.silence = silence } }

// Do calls an operation by its method and path, such as "/v1/collections/{collection}", and reads the answer into T. The error is
// an *APIError, *UnreachableError or *CircuitOpenError, or that of the context.
func Do[T any](ctx context.Context, client *Client, method, path string, options ...Option) (T, error) {
	var result T
	body, err := client.perform(ctx, method, path, options)
	if err != nil || len(body) == 0 {
		return result, err
	}
	err = json.Unmarshal(body, &result)
	return result, err
}

// Page is a page of a list.
type Page[T any] struct {
	Data       []T     `json:"data"`
	HasMore    bool    `json:"has_more"`
	NextCursor *string `json:"next_cursor"`
}

// List returns every entry of a list, page after page; an error ends it.
func List[T any](ctx context.Context, client *Client, path string, options ...Option) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		after := url.Values{}
		for {
			page, err := Do[Page[T]](ctx, client, http.MethodGet, path, append(options[:len(options):len(options)], Query(after))...)
			if err != nil {
				yield(none, err)
				return
			}
			for _, entry := range page.Data {
				if !yield(entry, nil) {
					return
				}
			}
			if !page.HasMore || page.NextCursor == nil {
				return
			}
			after = url.Values{"after": {*page.NextCursor}}
		}
	}
}

// Stream returns a success whose body is still to be read and closed. It is not repeated. The client's silence bounds the wait for the
// head of the answer.
func (c *Client) Stream(ctx context.Context, path string, options ...Option) (*http.Response, error) {
	made, err := c.call(http.MethodGet, path, options)
	if err != nil {
		return nil, err
	}
	isTrial, err := c.circuit.enter()
	if err != nil {
		return nil, err
	}
	response, err := c.open(ctx, made)
	c.circuit.leave(isTrial, err)
	return response, err
}

func (c *Client) open(ctx context.Context, made *call) (*http.Response, error) {
	limited, cancel := context.WithCancel(ctx)
	request, err := c.request(limited, made, made.timeout)
	if err != nil {
		cancel()
		return nil, err
	}
	response, err := c.head(request, made.patience(), cancel)
	if err != nil {
		cancel()
		return nil, c.unreachable(ctx, err)
	}
	response.Body = cancelling{response.Body, cancel}
	if isSuccess(response.StatusCode) {
		return response, nil
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(response.Body, longestProblem))
	return nil, errorFrom(response.StatusCode, response.Header, body)
}

// head waits for the head of an answer; patience of zero waits for ever.
func (c *Client) head(request *http.Request, patience time.Duration, cancel context.CancelFunc) (*http.Response, error) {
	if patience <= 0 {
		return c.http.Do(request)
	}
	silence := time.AfterFunc(patience, cancel)
	response, err := c.http.Do(request)
	if silence.Stop() {
		return response, err
	}
	if err == nil {
		response.Body.Close()
	}
	return nil, fmt.Errorf("no answer in %v", patience)
}

// cancelling is a body that ends its request when it is closed.
type cancelling struct {
	io.ReadCloser
	cancel context.CancelFunc
}

func (b cancelling) Close() error {
	defer b.cancel()
	return b.ReadCloser.Close()
}

func (c *Client) call(method, path string, options []Option) (*call, error) {
	made := &call{method: method, path: path, query: url.Values{}, header: http.Header{}, silence: c.silence, retries: c.retries}
	for _, option := range options {
		option(made)
	}
	if made.err != nil {
		return nil, made.err
	}
	isRead := method == http.MethodGet || method == http.MethodHead
	refusesKey := made.repeatable != nil && !*made.repeatable
	if !isRead && !made.isStream && !refusesKey && !keepNone[path] && made.header.Get("Idempotency-Key") == "" {
		made.header.Set("Idempotency-Key", newKey())
	}
	if made.repeatable == nil {
		repeatable := isRead || made.header.Get("Idempotency-Key") != ""
		made.repeatable = &repeatable
	}
	return made, nil
}

// patience is when a silent server is left.
func (c *call) patience() time.Duration {
	if c.timeout > 0 {
		return c.timeout + min(5*time.Second, max(time.Second, c.timeout/2))
	}
	return c.silence
}

func newKey() string {
	random := make([]byte, 16)
	_, _ = rand.Read(random)
	return hex.EncodeToString(random)
}

func (c *Client) perform(ctx context.Context, method, path string, options []Option) ([]byte, error) {
	made, err := c.call(method, path, options)
	if err != nil {
		return nil, err
	}
	// Of the first attempt that may have been applied: what a later one says, that nothing was, does not hold for the whole call.
	var doubt error
	isRead := method == http.MethodGet || method == http.MethodHead
	for attempt := 0; ; attempt++ {
		isTrial, err := c.circuit.enter()
		if err != nil {
			return nil, cmp.Or(doubt, err)
		}
		body, err := c.attempt(ctx, made)
		c.circuit.leave(isTrial, err)
		if err == nil {
			return body, nil
		}
		told := err
		switch {
		case isRead:
		case nothingWasApplied(err):
			told = cmp.Or(doubt, err)
		default:
			doubt = cmp.Or(doubt, err)
		}
		wait, again := retryDelay(err, attempt, *made.repeatable)
		if deadline, has := ctx.Deadline(); !again || attempt >= made.retries || (has && time.Until(deadline) <= wait) {
			return nil, told
		}
		if ended := pause(ctx, wait); ended != nil {
			return nil, ended
		}
	}
}

func (c *Client) attempt(ctx context.Context, made *call) ([]byte, error) {
	limited, cancel := context.WithTimeout(ctx, made.patience())
	defer cancel()
	request, err := c.request(limited, made, serverTimeout(ctx, made.timeout))
	if err != nil {
		return nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, c.unreachable(ctx, err)
	}
	if !isSuccess(response.StatusCode) {
		return nil, errorFrom(response.StatusCode, response.Header, body)
	}
	return body, nil
}

// unreachable keeps the error of a context that was cancelled. One whose deadline has passed had no answer in time.
func (c *Client) unreachable(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return &UnreachableError{URL: c.url, Err: err}
}

// serverTimeout is the deadline that the server is told; zero for none.
func serverTimeout(ctx context.Context, timeout time.Duration) time.Duration {
	deadline, has := ctx.Deadline()
	if !has {
		return timeout
	}
	left := min(mostTimeout, max(leastTimeout, time.Until(deadline)))
	if timeout > 0 {
		return min(timeout, left)
	}
	return left
}

func (c *Client) request(ctx context.Context, made *call, timeout time.Duration) (*http.Request, error) {
	path, err := pathWith(made.path, made.params)
	if err != nil {
		return nil, err
	}
	address := c.url + path
	if len(made.query) > 0 {
		address += "?" + made.query.Encode()
	}
	var body io.Reader
	if made.contentType != "" {
		body = bytes.NewReader(made.body)
	}
	request, err := http.NewRequestWithContext(ctx, made.method, address, body)
	if err != nil {
		return nil, err
	}
	set := request.Header.Set
	set("Accept", accept)
	if made.contentType != "" {
		set("Content-Type", made.contentType)
	}
	if c.key != "" {
		set("Authorization", "Bearer "+c.key)
	}
	if c.project != "" {
		set("ZeroDB-Project", c.project)
	}
	if timeout > 0 {
		set("Request-Timeout", strconv.FormatInt(timeout.Milliseconds(), 10))
	}
	if c.traceparent != nil {
		if traceparent := c.traceparent(ctx); traceparent != "" {
			set("Traceparent", traceparent)
		}
	}
	for name, values := range made.header {
		request.Header[name] = values
	}
	return request, nil
}

// pathWith fills in a path. The parameter "key" takes the rest of it: the slashes of a file's key separate folders.
func pathWith(template string, params map[string]string) (string, error) {
	var path strings.Builder
	for {
		start := strings.IndexByte(template, '{')
		if start < 0 {
			path.WriteString(template)
			return path.String(), nil
		}
		end := start + strings.IndexByte(template[start:], '}')
		name := template[start+1 : end]
		value, ok := params[name]
		if !ok {
			return "", fmt.Errorf("the path needs a value for %q", name)
		}
		steps := []string{value}
		if name == "key" {
			steps = strings.Split(value, "/")
		}
		for at, step := range steps {
			steps[at] = escaped(step)
		}
		path.WriteString(template[:start] + strings.Join(steps, "/"))
		template = template[end+1:]
	}
}

// escaped keeps "." and ".." from being read as steps between folders; the API refuses such names anyway.
func escaped(step string) string {
	if step == "." || step == ".." {
		return strings.ReplaceAll(step, ".", "%252E")
	}
	return url.PathEscape(step)
}

func isSuccess(status int) bool { return status >= 200 && status < 300 }

// Ptr returns a pointer to a value, for fields that may be left out.
func Ptr[T any](value T) *T { return &value }
