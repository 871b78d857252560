package zerodb

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

const (
	importLines   = 1_000
	importBytes   = 4 << 20
	importErrors  = 100
	importSilence = 10 * time.Minute
	partBytes     = 8 << 20
)

// ImportOptions says how an import goes on.
type ImportOptions struct {
	// StopOnError ends at the first faulty line; otherwise they are counted.
	StopOnError bool
	// Progress is told what is stored so far, after each request.
	Progress func(ImportReport)
}

// Import stores records from any sequence, in requests of at most 1,000, each committed when it is answered. A request whose outcome
// is not known is not repeated: it might overwrite what others wrote since. Line numbers count from 1 over the whole import; the first
// hundred errors are kept.
func Import[R any](ctx context.Context, client *Client, collection string, records iter.Seq[R], options ImportOptions) (ImportReport, error) {
	importing := importing{client: client, collection: collection, options: options}
	for record := range records {
		line, err := json.Marshal(record)
		if err != nil {
			return importing.report, err
		}
		if importing.isFull(len(line)) {
			if goesOn, err := importing.send(ctx); err != nil || !goesOn {
				return importing.report, err
			}
		}
		importing.body.Write(line)
		importing.body.WriteByte('\n')
		importing.lines++
	}
	_, err := importing.send(ctx)
	return importing.report, err
}

type importing struct {
	client     *Client
	collection string
	options    ImportOptions
	body       bytes.Buffer
	lines      int
	sent       int64
	report     ImportReport
}

func (i *importing) isFull(more int) bool {
	return i.lines > 0 && (i.lines >= importLines || i.body.Len()+more > importBytes)
}

func (i *importing) send(ctx context.Context) (goesOn bool, err error) {
	if i.lines == 0 {
		return true, nil
	}
	mode := "continue"
	if i.options.StopOnError {
		mode = "stop"
	}
	report, err := Do[ImportReport](ctx, i.client, http.MethodPost, "/v1/collections/{collection}/import",
		Params(map[string]string{"collection": i.collection}), Query(url.Values{"on_error": {mode}}),
		Bytes(i.body.Bytes(), "application/x-ndjson"), withSilence(importSilence))
	if err != nil {
		return false, err
	}
	i.report.Imported += report.Imported
	i.report.Failed += report.Failed
	for _, fault := range report.Errors[:min(len(report.Errors), importErrors-len(i.report.Errors))] {
		fault.Line += i.sent
		i.report.Errors = append(i.report.Errors, fault)
	}
	i.sent += int64(i.lines)
	i.body.Reset()
	i.lines = 0
	if i.options.Progress != nil {
		i.options.Progress(i.report)
	}
	return !i.options.StopOnError || i.report.Failed == 0, nil
}

// Export returns every record with its vector, in the order of ids. A connection that breaks is an error: an export is whole or not.
func (c *Client) Export(ctx context.Context, collection string) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		response, err := c.Stream(ctx, "/v1/collections/{collection}/export", Params(map[string]string{"collection": collection}))
		if err != nil {
			yield(Record{}, err)
			return
		}
		defer response.Body.Close()
		stopped := false
		err = eachLine(response.Body, func(line []byte) (bool, error) {
			var record Record
			if len(line) == 0 {
				return true, nil
			}
			if err := json.Unmarshal(line, &record); err != nil {
				return false, brokenLine{err}
			}
			stopped = !yield(record, nil)
			return !stopped, nil
		})
		if err != nil && !stopped {
			yield(Record{}, c.unreachable(ctx, err))
		}
	}
}

// brokenLine is a line that ended before its JSON did: so did the connection.
type brokenLine struct{ error }

// UploadOptions says how a file is stored and sent.
type UploadOptions struct {
	ContentType string
	Metadata    map[string]string
	// PartBytes is the size of a part. Default: 8 MiB.
	PartBytes int
	// Progress is told how many bytes are stored durably.
	Progress func(int64)
}

// Upload sends a file of any size in parts, each checked by its SHA-256 and sent again alone. A failed upload is given up: nothing
// becomes visible, unless the outcome of the last request, which completes it, is unknown (an *UnreachableError, or an *APIError
// whose Outcome is not NotApplied): then check whether the file exists.
func (c *Client) Upload(ctx context.Context, bucket, key string, source io.Reader, options UploadOptions) (StoredFile, error) {
	body := map[string]any{"bucket": bucket, "key": key}
	if options.ContentType != "" {
		body["content_type"] = options.ContentType
	}
	if options.Metadata != nil {
		body["metadata"] = options.Metadata
	}
	type created struct {
		ID string `json:"id"`
	}
	upload, err := Do[created](ctx, c, http.MethodPost, "/v1/uploads", JSON(body))
	if err != nil {
		return StoredFile{}, err
	}
	stored, err := c.sendParts(ctx, upload.ID, source, options)
	if err != nil {
		// Also when the caller has given up.
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, _ = Do[struct{}](last, c, http.MethodDelete, "/v1/uploads/{id}", Params(map[string]string{"id": upload.ID}), Retries(0))
	}
	return stored, err
}

type sentPart struct {
	Number int    `json:"number"`
	SHA256 string `json:"sha256"`
}

func (c *Client) sendParts(ctx context.Context, id string, source io.Reader, options UploadOptions) (StoredFile, error) {
	size := options.PartBytes
	if size <= 0 {
		size = partBytes
	}
	parts, buffer, total := []sentPart{}, make([]byte, size), int64(0)
	for isLast := false; !isLast; {
		count, err := io.ReadFull(source, buffer)
		isLast = errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !isLast {
			return StoredFile{}, err
		}
		// An empty file has one empty part.
		if count == 0 && len(parts) > 0 {
			break
		}
		part, err := c.sendPart(ctx, id, len(parts)+1, buffer[:count])
		if err != nil {
			return StoredFile{}, err
		}
		parts = append(parts, part)
		total += int64(count)
		if options.Progress != nil {
			options.Progress(total)
		}
	}
	// Completing again returns the first answer.
	return Do[StoredFile](ctx, c, http.MethodPost, "/v1/uploads/{id}/complete", Params(map[string]string{"id": id}),
		JSON(map[string]any{"parts": parts}), Repeatable(true))
}

func (c *Client) sendPart(ctx context.Context, id string, number int, part []byte) (sentPart, error) {
	sum := sha256.Sum256(part)
	hash := hex.EncodeToString(sum[:])
	// The same bytes under the same number: sent twice, they are one part.
	_, err := Do[struct{}](ctx, c, http.MethodPut, "/v1/uploads/{id}/parts/{number}",
		Params(map[string]string{"id": id, "number": strconv.Itoa(number)}), Bytes(part, "application/octet-stream"),
		Header("X-Content-Sha256", hash), Repeatable(true))
	return sentPart{Number: number, SHA256: hash}, err
}
