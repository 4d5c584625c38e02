package browsertest

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
)

// Drag pulls the mouse over what a CSS selector finds, from one share of its
// width to another.
func Drag(selector string, from, to float64) Step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		type box struct{ X, Y, Width, Height float64 }
		b, err := chromedp.Evaluate[box](`(() => { const e = document.querySelector(`+"`"+selector+"`"+`); e.scrollIntoView({ block: "center", behavior: "instant" });
			const { x, y, width, height } = e.getBoundingClientRect(); return { X: x, Y: y, Width: width, Height: height } })()`)(ctx, t)
		if err != nil {
			return chromedp.Void{}, err
		}
		steps := []input.DispatchMouseEventParams{{Type: input.DispatchMouseEventTypeMousePressed, X: from}, {Type: input.DispatchMouseEventTypeMouseMoved, X: (from + to) / 2}, {Type: input.DispatchMouseEventTypeMouseMoved, X: to}, {Type: input.DispatchMouseEventTypeMouseReleased, X: to}}
		for _, s := range steps {
			s.X, s.Y, s.Button, s.ClickCount = b.X+s.X*b.Width, b.Y+b.Height/2, input.MouseButtonLeft, 1
			if s.Type != input.DispatchMouseEventTypeMouseReleased {
				s.Buttons = 1
			}
			if _, err := cdp.Call(ctx, t, input.DispatchMouseEvent, s); err != nil {
				return chromedp.Void{}, err
			}
		}
		return chromedp.Void{}, nil
	}
}
