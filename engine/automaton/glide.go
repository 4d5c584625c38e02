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

// block is how many bytes are looked at together.
const block = 8

// skipForward gives the offset, from i to end, up to which every byte leaves
// the automaton where it is when nothing has begun yet, give or take a block.
func (t *table) skipForward(data []byte, i, end int) int {
	leave := t.leave
	for ; i+block <= end; i += block {
		d := data[i : i+block : i+block]
		if leave[d[0]]|leave[d[1]]|leave[d[2]]|leave[d[3]]|leave[d[4]]|leave[d[5]]|leave[d[6]]|leave[d[7]] != 0 {
			break
		}
	}
	return i
}

// skipBackward is skipForward from i down to end.
func (t *table) skipBackward(data []byte, i, end int) int {
	leave := t.leave
	for ; i-block >= end; i -= block {
		d := data[i-block : i : i]
		if leave[d[0]]|leave[d[1]]|leave[d[2]]|leave[d[3]]|leave[d[4]]|leave[d[5]]|leave[d[6]]|leave[d[7]] != 0 {
			break
		}
	}
	return i
}

func (t *table) glideForward(row uint32, r *run) (uint32, uint32) {
	cells, class, data, i := t.cells, &t.p.class, r.data[:r.end], r.at
	for i < len(data) {
		if row == t.home && t.leave != nil {
			i = t.skipForward(data, i, len(data))
		}
		for stop := min(i+block, len(data)); i < stop; i++ {
			cell := cells[row+uint32(class[data[i]])]
			if cell >= special {
				r.at = i
				return row, cell
			}
			row = cell
		}
	}
	r.at = r.end
	return row, 0
}

func (t *table) glideBackward(row uint32, r *run) (uint32, uint32) {
	cells, class, data, i := t.cells, &t.p.class, r.data, r.at
	for i > r.end {
		if row == t.home && t.leave != nil {
			i = t.skipBackward(data, i, r.end)
		}
		for stop := max(i-block, r.end); i > stop; i-- {
			cell := cells[row+uint32(class[data[i-1]])]
			if cell >= special {
				r.at = i
				return row, cell
			}
			row = cell
		}
	}
	r.at = r.end
	return row, 0
}

func (t *table) glideContextForward(row uint32, r *run) (uint32, uint32) {
	cells, class, width, data, i := t.cells, &t.p.class, t.p.width, r.data, r.at
	left, right, wide := t.p.ctx.left, t.p.ctx.right, t.p.ctx.wide
	for i < r.end {
		if row == t.home && t.leave != nil {
			i = t.skipForward(data, i, r.end)
		}
		for stop := min(i+block, r.end); i < stop; i++ {
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
	}
	r.at = r.end
	return row, 0
}

func (t *table) glideContextBackward(row uint32, r *run) (uint32, uint32) {
	cells, class, width, data, i := t.cells, &t.p.class, t.p.width, r.data, r.at
	left, right, wide := t.p.ctx.left, t.p.ctx.right, t.p.ctx.wide
	for i > r.end {
		if row == t.home && t.leave != nil {
			i = t.skipBackward(data, i, r.end)
		}
		for stop := max(i-block, r.end); i > stop; i-- {
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
	}
	r.at = r.end
	return row, 0
}
