package gnews

// The two parsers, for tests of hostile bytes.
func ReadPage(page []byte, id string) (signature, stamp string, err error) {
	s, err := readPage(page, id)
	return s.signature, string(s.stamp), err
}

func ReadAnswer(answer []byte) (string, error) { return readAnswer(answer) }

func Checked(target string) (string, error) { return checked(target) }
