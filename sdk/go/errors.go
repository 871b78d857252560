package zerodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Outcome is what became of a write that was refused or cut off.
type Outcome string

// A write of unknown outcome may have been applied, in part too.
const (
	NotApplied     Outcome = "not_applied"
	UnknownOutcome Outcome = "unknown"
)

// APIError says that the server refused or failed (RFC 9457).
type APIError struct {
	Status int
	// Code is stable, for programs; "http_<status>" where the answer names none. See also ErrNotFound and the like.
	Code   string
	Title  string
	Detail string
	// Faults are those of the input; Path is a JSON Pointer into the body, or "query:name", "header:name", "path:name".
	Faults  []Fault
	Outcome Outcome
	// Retryable says whether the same request may succeed later.
	Retryable bool
	// RetryAfter is the wait that the server asks for, or negative where it names none.
	RetryAfter time.Duration
	RequestID  string
	// Problem is the whole answer, with fields of single operations such as first_offset.
	Problem json.RawMessage
}

func (e *APIError) Error() string { return e.Detail }

// Is holds for the sentinel of the error's code: errors.Is(err, zerodb.ErrNotFound).
func (e *APIError) Is(target error) bool {
	wanted, ok := target.(codeError)
	return ok && strings.Contains(" "+string(wanted)+" ", " "+e.Code+" ")
}

// codeError names the codes that it stands for, separated by spaces.
type codeError string

func (e codeError) Error() string { return string(e) }

// Sentinels of the codes that programs tell apart.
const (
	ErrUnauthenticated    = codeError("unauthenticated key_expired key_revoked")
	ErrForbidden          = codeError("forbidden")
	ErrNotFound           = codeError("not_found")
	ErrConflict           = codeError("conflict")
	ErrPreconditionFailed = codeError("precondition_failed")
	ErrInvalid            = codeError("invalid")
	ErrRateLimited        = codeError("rate_limited share_exceeded")
	ErrUnavailable        = codeError("unavailable overloaded")
	ErrDeadlineExceeded   = codeError("deadline_exceeded")
)

// UnreachableError says that no server answered: no connection, a broken one, or silence for too long. A write may have been applied.
type UnreachableError struct {
	URL string
	Err error
}

func (e *UnreachableError) Error() string {
	return fmt.Sprintf("no server answers at %s (%v)", e.URL, e.Err)
}
func (e *UnreachableError) Unwrap() error { return e.Err }

// CircuitOpenError says that a call was not sent, because too many failed just before. Nothing was applied.
type CircuitOpenError struct{ RetryAfter time.Duration }

func (e *CircuitOpenError) Error() string {
	return fmt.Sprintf("not sent: the server failed many times in a row; try again in %v", e.RetryAfter)
}

const longestPlainAnswer = 300

// errorFrom reads the error in an answer. A proxy may answer without problem+json: then its text is the detail.
func errorFrom(status int, header http.Header, body []byte) *APIError {
	var problem struct {
		Code      string  `json:"code"`
		Title     string  `json:"title"`
		Detail    string  `json:"detail"`
		RequestID string  `json:"request_id"`
		Errors    []Fault `json:"errors"`
		Retryable *bool   `json:"retryable"`
		Outcome   Outcome `json:"outcome"`
	}
	found := &APIError{Status: status, Code: fmt.Sprintf("http_%d", status), Title: "Error", RetryAfter: -1}
	found.Retryable = status == 429 || status == 502 || status == 503 || status == 504
	found.RequestID = header.Get("X-Request-Id")
	if seconds, err := strconv.ParseFloat(header.Get("Retry-After"), 64); err == nil && seconds >= 0 && seconds < math.MaxInt32 {
		found.RetryAfter = time.Duration(seconds * float64(time.Second))
	}
	if json.Unmarshal(body, &problem) != nil || (problem.Title == "" && problem.Detail == "") {
		found.Detail = strings.TrimSpace(fmt.Sprintf("the server answered %d %s", status, body[:min(len(body), longestPlainAnswer)]))
		if problem.Code == "" {
			return found
		}
	}
	found.Problem = body
	found.Faults = problem.Errors
	set(&found.Code, problem.Code)
	set(&found.Title, problem.Title)
	set(&found.Detail, problem.Title)
	set(&found.Detail, problem.Detail)
	set(&found.RequestID, problem.RequestID)
	if problem.Retryable != nil {
		found.Retryable = *problem.Retryable
	}
	if problem.Outcome == NotApplied || problem.Outcome == UnknownOutcome {
		found.Outcome = problem.Outcome
	}
	return found
}

func set(field *string, value string) {
	if value != "" {
		*field = value
	}
}

// isRetryable says whether the same call may succeed when it is made again.
func isRetryable(err error) bool {
	var api *APIError
	if errors.As(err, &api) {
		return api.Retryable
	}
	var unreachable *UnreachableError
	return errors.As(err, &unreachable)
}
