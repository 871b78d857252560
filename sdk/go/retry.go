package zerodb

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"
)

const (
	firstBackOff   = 250 * time.Millisecond
	longestBackOff = 10 * time.Second
	// A server that asks for a longer wait is not waited for: the caller gets its refusal.
	longestWait = time.Minute
)

// retryDelay says whether a call that failed like this is made again, and after which wait. attempt counts from 0.
func retryDelay(err error, attempt int, repeatable bool) (time.Duration, bool) {
	if !isRetryable(err) {
		return 0, false
	}
	if !repeatable && !nothingWasApplied(err) {
		return 0, false
	}
	var api *APIError
	isAnswer := errors.As(err, &api)
	asked := time.Duration(0)
	if isAnswer {
		asked = max(0, api.RetryAfter)
	}
	return asked + backOff(attempt), asked <= longestWait
}

// nothingWasApplied is what an attempt says of itself.
func nothingWasApplied(err error) bool {
	var api *APIError
	var open *CircuitOpenError
	return errors.As(err, &open) || (errors.As(err, &api) && api.Outcome == NotApplied)
}

// backOff has full jitter: clients that failed together do not return together.
func backOff(attempt int) time.Duration {
	longest := min(longestBackOff, firstBackOff<<min(attempt, 10))
	return time.Duration(rand.Int64N(int64(longest) + 1))
}

// streamDelay says when a broken stream is opened again; false when the server refuses for good.
func streamDelay(err error, attempt int) (time.Duration, bool) {
	var open *CircuitOpenError
	if errors.As(err, &open) {
		return open.RetryAfter + backOff(attempt), true
	}
	return retryDelay(err, attempt, true)
}

// pause waits, unless the context ends first.
func pause(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Breaker refuses calls after Failures in a row for Open; then one is let through as a trial.
type Breaker struct {
	Failures int
	Open     time.Duration
}

type circuit struct {
	settings  Breaker
	mutex     sync.Mutex
	failures  int
	openUntil time.Time
	hasTrial  bool
}

func (c *circuit) enter() (isTrial bool, err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.settings.Failures <= 0 || c.failures < c.settings.Failures {
		return false, nil
	}
	if wait := time.Until(c.openUntil); wait > 0 || c.hasTrial {
		return false, &CircuitOpenError{RetryAfter: max(0, wait)}
	}
	c.hasTrial = true
	return true, nil
}

func (c *circuit) leave(isTrial bool, err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if isTrial {
		c.hasTrial = false
	}
	var api *APIError
	var unreachable *UnreachableError
	switch {
	case err == nil:
		c.failures = 0
	case errors.As(err, &api) && api.Status != 502 && api.Status != 503 && api.Status != 504:
		c.failures = 0
	case errors.As(err, &api) || errors.As(err, &unreachable):
		c.failures++
		if c.failures >= c.settings.Failures {
			c.openUntil = time.Now().Add(c.settings.Open)
		}
	}
}
