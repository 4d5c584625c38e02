package unpack

// openers gives what opens a kind of content.
func openers(kind string) opener {
	switch kind {
	case "zip":
		return openZip
	case "gzip":
		return openGzip
	case "bzip2":
		return openBzip2
	case "xz":
		return openXZ
	case "lzma":
		return openLZMA
	case "lzip":
		return openLzip
	case "zstd":
		return openZstd
	case "lz4":
		return openLZ4
	case "brotli":
		return openBrotli
	case "zlib":
		return openZlib
	case "tar":
		return openTar
	case "cpio":
		return openCpio
	case "ar":
		return openAr
	case "rpm":
		return openRPM
	case "phar":
		return openPhar
	case "mail":
		return openMail
	case "mbox":
		return openMbox
	case "pdf":
		return openPDF
	case "ole":
		return openOLE
	case "rar":
		return openRAR
	case "iso":
		return openISO
	case "7z":
		return openSevenzip
	case "cab":
		return openCab
	case "tnef":
		return openTNEF
	case "exe":
		return openExecutable
	case "upx":
		return openUPX
	case "image", "script":
		return openScript
	case "utf-16":
		return openUTF16
	default:
		return openText
	}
}
