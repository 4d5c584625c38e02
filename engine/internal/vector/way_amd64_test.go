package vector

func setFast(on bool) { fast = on }
