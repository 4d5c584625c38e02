package automaton

// glide follows plain cells to the first special one, or to the end of the
// run. It gives the row there, and that cell.
func (t *table) glide(row uint32, r *run) (uint32, uint32) {
	switch plain := len(t.p.ctx.kinds) == 0; {
	case plain && t.backward:
		return t.glideBackward(row, r)
	case plain:
		return t.glideForward(row, r)
	case t.backward:
		return t.glideContextBackward(row, r)
	}
	return t.glideContextForward(row, r)
}

func (t *table) glideForward(row uint32, r *run) (uint32, uint32) {
	cells, class, data := t.cells, &t.p.class, r.data[:r.end]
	for i := r.at; i < len(data); i++ {
		cell := cells[row+uint32(class[data[i]])]
		if cell >= special {
			r.at = i
			return row, cell
		}
		row = cell
	}
	r.at = r.end
	return row, 0
}

func (t *table) glideBackward(row uint32, r *run) (uint32, uint32) {
	cells, class, data := t.cells, &t.p.class, r.data[r.end:r.at]
	for i := len(data) - 1; i >= 0; i-- {
		cell := cells[row+uint32(class[data[i]])]
		if cell >= special {
			r.at = r.end + i + 1
			return row, cell
		}
		row = cell
	}
	r.at = r.end
	return row, 0
}

func (t *table) glideContextForward(row uint32, r *run) (uint32, uint32) {
	cells, class, width := t.cells, &t.p.class, t.p.width
	left, right, wide, data := t.p.ctx.left, t.p.ctx.right, t.p.ctx.wide, r.data
	for i := r.at; i < r.end; i++ {
		var context uint32
		if i > 0 && !wide {
			context = uint32(left[data[i-1]] ^ right[data[i]])
		} else {
			context = t.p.ctx.at(data, i)
		}
		cell := cells[row+context*width+uint32(class[data[i]])]
		if cell >= special {
			r.at = i
			return row, cell
		}
		row = cell
	}
	r.at = r.end
	return row, 0
}

func (t *table) glideContextBackward(row uint32, r *run) (uint32, uint32) {
	cells, class, width := t.cells, &t.p.class, t.p.width
	left, right, wide, data := t.p.ctx.left, t.p.ctx.right, t.p.ctx.wide, r.data
	for i := r.at; i > r.end; i-- {
		var context uint32
		if i < len(data) && !wide {
			context = uint32(left[data[i-1]] ^ right[data[i]])
		} else {
			context = t.p.ctx.at(data, i)
		}
		cell := cells[row+context*width+uint32(class[data[i-1]])]
		if cell >= special {
			r.at = i
			return row, cell
		}
		row = cell
	}
	r.at = r.end
	return row, 0
}
