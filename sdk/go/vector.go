package zerodb

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
)

// Vector is sent as numbers. It is read from numbers, or from base64 of little-endian float32 values.
type Vector []float64

// UnmarshalJSON reads both forms.
func (v *Vector) UnmarshalJSON(text []byte) error {
	if len(text) == 0 || text[0] != '"' {
		return json.Unmarshal(text, (*[]float64)(v))
	}
	var encoded string
	if err := json.Unmarshal(text, &encoded); err != nil {
		return err
	}
	packed, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(packed)%4 != 0 {
		return errors.New("a vector that is neither numbers nor base64 of float32 values")
	}
	*v = make(Vector, len(packed)/4)
	for at := range *v {
		(*v)[at] = float64(math.Float32frombits(binary.LittleEndian.Uint32(packed[4*at:])))
	}
	return nil
}
