package house_test

import (
	"strings"
	"testing"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/store"
	"candor/internal/store/storetest"
)

// TestWaitingEnds has complaints that nobody else makes end when their window is
// over, and those be filed of which enough say the same within it.
func TestWaitingEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := reports(t, s)
		w.Reports.Thresholds = map[candor.Class]house.Threshold{candor.Spam: {Reporters: 3, Within: 24 * time.Hour}, candor.Phishing: {Reporters: 2, Within: 48 * time.Hour}}
		end := func(want int) {
			t.Helper()
			if n, err := w.EndWaiting(t.Context()); err != nil || n != want {
				t.Errorf("%d ended, not %d; %v", n, want, err)
			}
		}
		state := func(r candor.Report, i int, want candor.ComplaintState) candor.Complaint {
			t.Helper()
			c := w.complaints(t, r)[i]
			if c.State != want {
				t.Errorf("complaint %d is %s (%s), not %s", c.Number, c.State, c.Why, want)
			}
			return c
		}
		alone := w.take(t, listed("a@a.example", "1", "abusive-content/spam domain shop.example"))
		mixed := w.take(t, listed("b@b.example", "1", "abusive-content/spam domain shop.example", "fraud/phishing url http://shop.example/x"))
		w.now = w.now.Add(24*time.Hour - time.Second)
		end(0)
		state(alone, 0, candor.ComplaintWaiting)
		w.now = w.now.Add(time.Second)
		end(2)
		c := state(alone, 0, candor.ComplaintDismissed)
		if c.Why != "not enough reporters said the same within 1d: 2 of 3" {
			t.Errorf("it says %q", c.Why)
		}
		r, err := s.Report(t.Context(), alone.ID)
		if err != nil || r.State != candor.ReportDismissed || !strings.Contains(r.Why, "not enough reporters") {
			t.Errorf("its report is %s (%s), %v", r.State, r.Why, err)
		}
		state(mixed, 0, candor.ComplaintDismissed)
		state(mixed, 1, candor.ComplaintWaiting)
		if r, err := s.Report(t.Context(), mixed.ID); err != nil || r.State != candor.ReportFiled {
			t.Errorf("a report of which something waits is %s, %v", r.State, err)
		}
		end(0)

		// Enough within the window: both are filed, also where the job is lost.
		w.now = w.now.Add(20 * time.Hour)
		second := w.take(t, listed("c@c.example", "1", "fraud/phishing url http://shop.example/x"))
		if err := w.Ripen(t.Context(), w.site.ID, candor.Phishing); err != nil {
			t.Fatal(err)
		}
		if a, b := state(mixed, 1, candor.ComplaintFiled), state(second, 0, candor.ComplaintFiled); a.Case == "" || a.Case != b.Case {
			t.Errorf("they are not one case: %+v, %+v", a, b)
		}
		// What was dismissed does not count for those who come later.
		late := w.take(t, listed("d@d.example", "1", "abusive-content/spam domain shop.example"))
		if err := w.Ripen(t.Context(), w.site.ID, candor.Spam); err != nil {
			t.Fatal(err)
		}
		state(late, 0, candor.ComplaintWaiting)
		// Without a threshold one is enough, also for those that waited.
		w.Reports.Thresholds = nil
		end(0)
		if c := state(late, 0, candor.ComplaintFiled); c.Case == "" {
			t.Errorf("it is of no case: %+v", c)
		}
	})
}
