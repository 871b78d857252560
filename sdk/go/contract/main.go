// Command contract runs sdk/contract/contract.json: go run ./contract <contract.json> <run>. It prints one line of JSON for each case:
// {"name", "ok", "error"}. It needs ZERODB_URL, ZERODB_API_KEY and ZERODB_FAULT_URL.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	zerodb "github.com/zerodb/zerodb/sdk/go"
)

const atOnce = 8

type object = map[string]any

type contractCase struct {
	Name   string
	Steps  []object
	Script []any
	Seen   []any
	Keys   string
	Client struct {
		Key         *string
		Project     string
		Retries     *int
		Traceparent string
		SilenceMs   float64 `json:"silence_ms"`
		Breaker     *struct {
			Failures int
			OpenMs   int `json:"open_ms"`
		}
	}
}

func main() {
	text, err := os.ReadFile(os.Args[1])
	var contract struct{ Cases []contractCase }
	if err == nil {
		err = json.Unmarshal(text, &contract)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lanes := make([][]contractCase, atOnce+1)
	for at, each := range contract.Cases {
		lane := atOnce
		if each.Script != nil {
			lane = at % atOnce
		}
		lanes[lane] = append(lanes[lane], each)
	}
	var group sync.WaitGroup
	for _, lane := range lanes {
		group.Add(1)
		go func() {
			defer group.Done()
			for _, each := range lane {
				report(each.Name, perform(each))
			}
		}()
	}
	group.Wait()
}

var output sync.Mutex

func report(name string, err error) {
	result := object{"name": name, "ok": err == nil}
	if err != nil {
		result["error"] = err.Error()
	}
	line, _ := json.Marshal(result)
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(line))
}

func perform(each contractCase) error {
	address := os.Getenv("ZERODB_URL")
	if each.Script != nil {
		var made struct{ URL string }
		if err := web(os.Getenv("ZERODB_FAULT_URL")+"/scripts", object{"script": each.Script}, &made); err != nil {
			return err
		}
		address = made.URL
	}
	client := clientOf(address, each)
	variables := map[string]string{"run": os.Args[2]}
	for at, step := range each.Steps {
		if err := performStep(client, resolved(step, variables).(object), variables); err != nil {
			return fmt.Errorf("step %d: %w", at, err)
		}
	}
	if each.Seen == nil {
		return nil
	}
	var requests []any
	if err := web(address+"/__seen", nil, &requests); err != nil {
		return err
	}
	if err := matches(requests, each.Seen, "seen"); err != nil {
		return err
	}
	return checkKeys(each.Keys, requests)
}

func clientOf(address string, each contractCase) *zerodb.Client {
	settings, given := []zerodb.Setting{}, each.Client
	if given.Project != "" {
		settings = append(settings, zerodb.WithProject(given.Project))
	}
	if given.Retries != nil {
		settings = append(settings, zerodb.WithRetries(*given.Retries))
	}
	if given.Breaker != nil {
		breaker := zerodb.Breaker{Failures: given.Breaker.Failures, Open: milliseconds(float64(given.Breaker.OpenMs))}
		settings = append(settings, zerodb.WithBreaker(breaker))
	}
	if given.SilenceMs > 0 {
		settings = append(settings, zerodb.WithSilence(milliseconds(given.SilenceMs)))
	}
	if given.Traceparent != "" {
		settings = append(settings, zerodb.WithTraceparent(func(context.Context) string { return given.Traceparent }))
	}
	key := os.Getenv("ZERODB_API_KEY")
	if given.Key != nil {
		key = *given.Key
	}
	return zerodb.New(address, key, settings...)
}

func performStep(client *zerodb.Client, step object, variables map[string]string) error {
	started := time.Now()
	progress := []any{}
	value, err := act(client, step, &progress)
	took := float64(time.Since(started).Milliseconds())
	expected, _ := step["expect"].(object)
	if wanted, ok := expected["error"]; ok {
		if err == nil {
			return fmt.Errorf("no error, but %v", value)
		}
		if fault := matches(described(err), wanted, "error"); fault != nil {
			return fmt.Errorf("%w: %v", fault, err)
		}
	} else if err != nil {
		return err
	} else if wanted, ok := expected["value"]; ok {
		if err := matches(plain(value), wanted, "value"); err != nil {
			return err
		}
	}
	least, _ := step["min_ms"].(float64)
	if most, ok := step["max_ms"].(float64); took < least || (ok && took > most) {
		return fmt.Errorf("took %v ms", took)
	}
	if wanted, ok := step["progress"]; ok && !reflect.DeepEqual(plain(progress), wanted) {
		return fmt.Errorf("progress: %v", progress)
	}
	saved, _ := step["save"].(object)
	for name, field := range saved {
		variables[name] = fmt.Sprint(plain(value).(object)[field.(string)])
	}
	return nil
}

func act(client *zerodb.Client, step object, progress *[]any) (any, error) {
	ctx := context.Background()
	for name, content := range step {
		given, _ := content.(object)
		switch name {
		case "call":
			if deadline, ok := given["deadline_ms"].(float64); ok {
				limited, cancel := context.WithTimeout(ctx, milliseconds(deadline))
				defer cancel()
				ctx = limited
			}
			return zerodb.Do[any](ctx, client, given["method"].(string), given["path"].(string), options(given)...)
		case "list":
			return taken(zerodb.List[any](ctx, client, given["path"].(string), options(given)...), 0)
		case "filter":
			return built(content), nil
		case "wait_ms":
			time.Sleep(milliseconds(content.(float64)))
			return nil, nil
		case "put_bytes":
			all := append(options(given), zerodb.Bytes([]byte(given["text"].(string)), "text/plain"))
			return zerodb.Do[any](ctx, client, http.MethodPut, given["path"].(string), all...)
		case "import":
			stop := zerodb.ImportOptions{StopOnError: given["on_error"] == "stop"}
			return zerodb.Import(ctx, client, given["collection"].(string), records(given), stop)
		case "export":
			return taken(client.Export(ctx, given["collection"].(string)), count(given))
		case "events":
			return messages(client.Events(ctx, given["topic"].(string), eventOptions(given)), given)
		case "subscribe":
			return messages(client.Subscribe(ctx, given["topic"].(string), eventOptions(given)), given)
		case "upload":
			return upload(ctx, client, given, progress)
		case "download":
			return download(ctx, client, given)
		}
	}
	return nil, fmt.Errorf("unknown step %v", step)
}

func options(given object) []zerodb.Option {
	all := []zerodb.Option{}
	if params, ok := given["params"].(object); ok {
		values := map[string]string{}
		for name, value := range params {
			values[name] = fmt.Sprint(value)
		}
		all = append(all, zerodb.Params(values))
	}
	if query, ok := given["query"].(object); ok {
		values := url.Values{}
		for name, value := range query {
			values.Set(name, fmt.Sprint(value))
		}
		all = append(all, zerodb.Query(values))
	}
	if body, ok := given["body"]; ok {
		all = append(all, zerodb.JSON(body))
	}
	if headers, ok := given["headers"].(object); ok {
		for name, value := range headers {
			all = append(all, zerodb.Header(name, value.(string)))
		}
	}
	if timeout, ok := given["timeout_ms"].(float64); ok {
		all = append(all, zerodb.Timeout(milliseconds(timeout)))
	}
	if retries, ok := given["retries"].(float64); ok {
		all = append(all, zerodb.Retries(int(retries)))
	}
	return all
}

func eventOptions(given object) zerodb.EventOptions {
	var made zerodb.EventOptions
	if after, ok := given["after"].(float64); ok {
		made.After = zerodb.Ptr(int64(after))
	}
	types, _ := given["types"].([]any)
	for _, each := range types {
		made.Types = append(made.Types, each.(string))
	}
	if filter, ok := given["filter"].(object); ok {
		made.Filter = filter
	}
	return made
}

func messages(stream iter.Seq2[zerodb.Message, error], given object) ([]any, error) {
	found, err := taken(stream, count(given))
	shown := []any{}
	for _, message := range found {
		if message.Reset != nil {
			shown = append(shown, object{"kind": "reset", "first_offset": message.Reset.FirstOffset, "after": message.Reset.After})
		} else {
			shown = append(shown, object{"kind": "event", "offset": message.Offset, "event": message.Event})
		}
	}
	return shown, err
}

func count(given object) int {
	number, _ := given["take"].(float64)
	return int(number)
}

func taken[T any](values iter.Seq2[T, error], most int) ([]T, error) {
	found := []T{}
	for value, err := range values {
		if err != nil {
			return found, err
		}
		if found = append(found, value); len(found) == most {
			break
		}
	}
	return found, nil
}

func records(given object) iter.Seq[object] {
	faulty, _ := given["faulty"].([]any)
	return func(yield func(object) bool) {
		for n := 1.0; n <= given["generate"].(float64); n++ {
			vector := []float64{1, n}
			if slices.Contains(faulty, any(n)) {
				vector = []float64{1, 2, 3}
			}
			if !yield(object{"id": fmt.Sprintf("r%04.0f", n), "vector": vector}) {
				return
			}
		}
	}
}

func upload(ctx context.Context, client *zerodb.Client, given object, progress *[]any) (any, error) {
	content := make([]byte, int(given["bytes"].(float64)))
	for n := range content {
		content[n] = byte(n * 31 % 251)
	}
	made := zerodb.UploadOptions{Progress: func(sent int64) { *progress = append(*progress, sent) }}
	made.ContentType, _ = given["content_type"].(string)
	if size, ok := given["part_bytes"].(float64); ok {
		made.PartBytes = int(size)
	}
	return client.Upload(ctx, given["bucket"].(string), given["key"].(string), bytes.NewReader(content), made)
}

func download(ctx context.Context, client *zerodb.Client, place object) (any, error) {
	params := map[string]string{"bucket": place["bucket"].(string), "key": place["key"].(string)}
	response, err := client.Stream(ctx, "/v1/files/{bucket}/{key}", zerodb.Params(params))
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	sum := sha256.Sum256(content)
	return object{"size": len(content), "sha256": hex.EncodeToString(sum[:])}, err
}

// built makes a filter of an expression; what is none stays as it is.
func built(expression any) any {
	list, _ := expression.([]any)
	if len(list) == 0 {
		return expression
	}
	name, _ := list[0].(string)
	rest := list[1:]
	group := func() []zerodb.Filter {
		made := []zerodb.Filter{}
		for _, each := range rest {
			made = append(made, built(each).(zerodb.Filter))
		}
		return made
	}
	field := func() string { return built(rest[0]).(string) }
	switch name {
	case "all":
		return zerodb.All(group()...)
	case "any":
		return zerodb.Any(group()[0], group()[1:]...)
	case "not":
		return zerodb.Not(group()[0])
	case "path":
		keys := []string{}
		for _, each := range rest {
			keys = append(keys, each.(string))
		}
		return zerodb.FieldPath(keys...)
	case "in":
		return zerodb.In(field(), rest[1].([]any)...)
	case "nin":
		return zerodb.Nin(field(), rest[1].([]any)...)
	case "contains":
		return zerodb.Contains(field(), rest[1].([]any)...)
	case "exists":
		return zerodb.Exists(field(), rest[1].(bool))
	case "text":
		return zerodb.Text(field(), rest[1].(string))
	case "elem_match":
		return zerodb.ElemMatch(field(), built(rest[1]).(zerodb.Filter))
	}
	compare := map[string]func(string, any) zerodb.Filter{
		"eq": zerodb.Eq, "ne": zerodb.Ne, "gt": zerodb.Gt, "gte": zerodb.Gte, "lt": zerodb.Lt, "lte": zerodb.Lte,
	}[name]
	if compare == nil {
		return expression
	}
	return compare(field(), rest[1])
}

func described(err error) object {
	var api *zerodb.APIError
	var open *zerodb.CircuitOpenError
	var unreachable *zerodb.UnreachableError
	switch {
	case errors.As(err, &api):
		faults := []any{}
		for _, fault := range api.Faults {
			faults = append(faults, fault.Path)
		}
		return object{
			"kind": "api", "status": float64(api.Status), "code": api.Code, "outcome": string(api.Outcome),
			"retryable": api.Retryable, "retry_after": api.RetryAfter.Seconds(), "faults": faults,
		}
	case errors.As(err, &open):
		return object{"kind": "circuit_open"}
	case errors.As(err, &unreachable):
		return object{"kind": "unreachable"}
	}
	return object{"kind": err.Error()}
}

func checkKeys(keys string, requests []any) error {
	found := map[string]bool{}
	sent := 0
	for _, request := range requests {
		if key, ok := request.(object)["headers"].(object)["idempotency-key"].(string); ok {
			found[key] = true
			sent++
		}
	}
	want := map[string]int{"": len(found), "none": 0, "same": 1, "distinct": len(requests)}[keys]
	if len(found) != want || (want > 0 && keys != "" && sent != len(requests)) {
		return fmt.Errorf("keys: %v of %d requests, not %s", found, len(requests), keys)
	}
	return nil
}

var hash = regexp.MustCompile("^[0-9a-f]{64}$")

// matches wants objects to have at least the fields that are expected, and lists these entries and no others.
func matches(actual, expected any, where string) error {
	fault := fmt.Errorf("%s: %v is not %v", where, actual, expected)
	switch wanted := expected.(type) {
	case object:
		found, ok := actual.(object)
		if !ok {
			return fault
		}
		for name, each := range wanted {
			if err := matches(found[name], each, where+"/"+name); err != nil {
				return err
			}
		}
		return nil
	case []any:
		found, ok := actual.([]any)
		if !ok || len(found) != len(wanted) {
			return fault
		}
		for at, each := range wanted {
			if err := matches(found[at], each, fmt.Sprintf("%s/%d", where, at)); err != nil {
				return err
			}
		}
		return nil
	}
	text, isText := actual.(string)
	_, isNumber := actual.(float64)
	holds := map[any]bool{"<any>": true, "<string>": isText, "<number>": isNumber, "<sha256>": hash.MatchString(text)}
	if is, ok := holds[expected]; ok && is || !ok && reflect.DeepEqual(actual, expected) {
		return nil
	}
	return fault
}

// plain is a value as JSON shows it.
func plain(value any) any {
	text, err := json.Marshal(value)
	var shown any
	if err != nil || json.Unmarshal(text, &shown) != nil {
		return fmt.Sprint(value, err)
	}
	return shown
}

// resolved puts variables in the place of "{{name}}" in texts.
func resolved(value any, variables map[string]string) any {
	switch given := value.(type) {
	case string:
		for name, text := range variables {
			given = strings.ReplaceAll(given, "{{"+name+"}}", text)
		}
		return given
	case []any:
		all := make([]any, len(given))
		for at, each := range given {
			all[at] = resolved(each, variables)
		}
		return all
	case object:
		all := object{}
		for name, each := range given {
			all[name] = resolved(each, variables)
		}
		return all
	}
	return value
}

func milliseconds(count float64) time.Duration {
	return time.Duration(count * float64(time.Millisecond))
}

func web(address string, body, into any) error {
	method, reader := http.MethodGet, io.Reader(nil)
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		method, reader = http.MethodPost, bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, address, reader)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	return json.NewDecoder(response.Body).Decode(into)
}
