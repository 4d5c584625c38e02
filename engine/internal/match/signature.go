package match

import "candor/engine/internal/model"

func (f *frame) sigCount(e *model.Expr) bool { return false }

func (f *frame) sigBytes(e *model.Expr) bool { return false }
