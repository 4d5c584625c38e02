package config

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Span is a part of a day, in minutes since midnight on the clock on the wall.
type Span struct{ From, To int }

// Week gives the working hours by time.Weekday. Hours that Load accepted
// always have them.
func (h Hours) Week() ([7][]Span, error) {
	var week [7][]Span
	for i, text := range []string{h.Sunday, h.Monday, h.Tuesday, h.Wednesday, h.Thursday, h.Friday, h.Saturday} {
		spans, err := parseSpans(text)
		if err != nil {
			return week, fmt.Errorf("%s: %w", time.Weekday(i), err)
		}
		week[i] = spans
	}
	return week, nil
}

func parseSpans(text string) (spans []Span, err error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	for part := range strings.SplitSeq(text, ",") {
		from, to, ok := strings.Cut(strings.TrimSpace(part), "-")
		a, errA := minutes(from)
		b, errB := minutes(to)
		if !ok || errA != nil || errB != nil || a >= b {
			return nil, fmt.Errorf("%.40q are no hours of a day", part)
		}
		if n := len(spans); n > 0 && spans[n-1].To > a {
			return nil, fmt.Errorf("%.40q begins before the hours before it end", part)
		}
		spans = append(spans, Span{a, b})
	}
	return spans, nil
}

// minutes reads 00:00 to 24:00.
func minutes(text string) (int, error) {
	hours, rest, ok := strings.Cut(strings.TrimSpace(text), ":")
	h, errH := strconv.ParseUint(hours, 10, 8)
	m, errM := strconv.ParseUint(rest, 10, 8)
	if !ok || errH != nil || errM != nil || len(rest) != 2 || m > 59 || 60*h+m > 24*60 {
		return 0, strconv.ErrSyntax
	}
	return int(60*h + m), nil
}

func (k *checker) desk(d Desk) {
	if d.TimeZone != "" {
		k.zone("desk.time_zone", d.TimeZone)
	}
	open := false
	v := reflect.ValueOf(d.Hours)
	for i, f := range fieldsOf(v) {
		key := "desk.hours." + f.Tag.Get("koanf")
		if _, err := parseSpans(v.Field(i).String()); err != nil {
			k.problem(key, err.Error(), `Write them as "09:00-12:00, 13:00-17:00", or "" for a day off.`)
		}
		open = open || v.Field(i).String() != ""
	}
	if !open {
		k.problem("desk.hours", "the desk never works", `Write "00:00-24:00" for each day if it always does.`)
	}
	k.exists("desk.holidays_file", d.HolidaysFile)
	k.exists("desk.playbooks", d.Playbooks)
	k.between("desk.acknowledgement", d.Acknowledgement, time.Minute, 365*24*time.Hour)
	v = reflect.ValueOf(d.CustomerDeadline)
	for i, f := range fieldsOf(v) {
		k.between("desk.customer_deadline."+f.Tag.Get("koanf"), Duration(v.Field(i).Int()), time.Minute, 365*24*time.Hour)
	}
	for i, a := range d.Authorities {
		key := fmt.Sprintf("desk.authorities[%d]", i+1)
		if a.Name == "" {
			k.problem(key+".name", "it is empty", "Name the authority.")
		}
		k.mail(key+".mail", a.Mail)
		k.country(key+".country", a.Country)
		if a.URL != "" {
			k.link(key+".url", a.URL, "https", "http")
		}
		k.oneOf(key+".duties", []string{"nis2"}, a.Duties...)
	}
}
