package simulate

// Count is a number of records and the bytes that they tell of.
type Count struct {
	Records uint64 `json:"records"`
	Bytes   uint64 `json:"bytes"`
}

// Tally is how much of which sort there was.
type Tally struct {
	Activities [activities]Count
	Classes    [classes]Count
}

func (t *Tally) add(s *session, bytes uint64) {
	c := &t.Activities[s.activity]
	if s.label != nil {
		c = &t.Classes[s.label.Class]
	}
	c.Records++
	c.Bytes += bytes
}

// join adds what another one counted.
func (t *Tally) join(o *Tally) {
	for i := range t.Activities {
		t.Activities[i].Records += o.Activities[i].Records
		t.Activities[i].Bytes += o.Activities[i].Bytes
	}
	for i := range t.Classes {
		t.Classes[i].Records += o.Classes[i].Records
		t.Classes[i].Bytes += o.Classes[i].Bytes
	}
}
