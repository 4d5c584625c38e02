package archive

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"candor"
)

// Names of the parameters of a question in an address.
const (
	ParameterTime  = "time"
	ParameterWhere = "where"
	ParameterBy    = "by"
	ParameterStep  = "step"
	ParameterOrder = "order"
	ParameterLimit = "limit"
)

// LastHour is what a question that says no time asks for.
const LastHour = "1h"

// Reading is what the parameters of a question are read with.
type Reading struct {
	Now   time.Time
	Zone  *time.Location // of times that name none
	Lines Lines
}

// ParseQuestion reads a question from parameters of an address: time as ParseTime,
// where as ParseConditions, by with commas between, step as ParseSpan, order and
// limit. What is missing or empty is as Checked has it; without a time it is the
// last hour. The error is a *Mistake, another candor.ErrInvalid, or one of Lines.
func ParseQuestion(values url.Values, r Reading) (q Question, err error) {
	text := values.Get(ParameterTime)
	if text == "" {
		text = LastHour
	}
	if q.Since, q.Until, err = ParseTime(text, r.Now, r.Zone); err != nil {
		return q, err
	}
	if q.Where, err = ParseConditions(values.Get(ParameterWhere), r.Lines); err != nil {
		return q, err
	}
	if q.By, err = parseBy(values[ParameterBy]); err != nil {
		return q, err
	}
	if text := values.Get(ParameterStep); text != "" {
		var ok bool
		if q.Step, ok = ParseSpan(text); !ok {
			return q, &Mistake{Problem: NoSpan, In: ParameterStep, Text: text, Allowed: spans}
		}
	}
	switch q.Order = Measure(values.Get(ParameterOrder)); q.Order {
	case "", Bytes, Packets, Flows:
	default:
		return q, &Mistake{Problem: NotAllowed, In: ParameterOrder, Text: string(q.Order), Allowed: "bytes, packets, flows"}
	}
	if text := values.Get(ParameterLimit); text != "" {
		if q.Limit, err = strconv.Atoi(text); err != nil || q.Limit < 1 || q.Limit > MaxLimit {
			return q, &Mistake{Problem: NoNumber, In: ParameterLimit, Text: text, Allowed: "1-" + strconv.Itoa(MaxLimit)}
		}
	}
	return q.Checked()
}

// parseBy reads fields, each a parameter of its own or with commas between.
func parseBy(all []string) (by []Field, err error) {
	at := 0
	for _, word := range strings.Split(strings.Join(all, ","), ",") {
		f := Field(strings.ToLower(strings.TrimSpace(word)))
		switch {
		case f == "" || slices.Contains(by, f):
		case !slices.Contains(Fields, f):
			return nil, &Mistake{Problem: NoField, In: ParameterBy, At: at, Text: word, Allowed: fieldNames()}
		case len(by) == MaxBy:
			return nil, &Mistake{Problem: TooMany, In: ParameterBy, At: at, Text: word, Allowed: strconv.Itoa(MaxBy) + " fields"}
		default:
			by = append(by, f)
		}
		at += len(word) + 1
	}
	return by, nil
}

// Values writes a question as ParseQuestion reads it, without what is as Checked
// has it anyhow. name gives the reference of a line.
func (q Question) Values(name func(candor.ID) string) url.Values {
	v := url.Values{ParameterTime: {FormatTime(q.Since, q.Until)}}
	if len(q.Where) > 0 {
		v.Set(ParameterWhere, FormatConditions(q.Where, name))
	}
	if len(q.By) > 0 {
		words := make([]string, len(q.By))
		for i, f := range q.By {
			words[i] = string(f)
		}
		v.Set(ParameterBy, strings.Join(words, ","))
	}
	if q.Step > 0 {
		v.Set(ParameterStep, FormatSpan(q.Step))
	}
	if q.Order != "" && q.Order != Bytes {
		v.Set(ParameterOrder, string(q.Order))
	}
	if q.Limit != 0 && q.Limit != fewest {
		v.Set(ParameterLimit, strconv.Itoa(q.Limit))
	}
	return v
}
