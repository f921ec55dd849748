package text_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stockdigest.app/stockdigest/internal/text"
)

func TestSentencesEndWhereReadersSay(t *testing.T) {
	t.Parallel()
	// In each text a bar stands where one sentence ends and the next starts.
	tests := map[string]string{
		"plain":                 "Apple rose. |Google fell! |Why? |Nobody knows.",
		"company suffix":        "Apple Inc. Chief Executive Tim Cook spoke. |He sold to Ford Motor Co. (F) and Alphabet Inc. for $5.",
		"suffix ends":           "It bought Fitbit Inc. |The deal closes in 2020.",
		"country":               "The U.S. Treasury and the U.K. Parliament met. |They left the U.S. |The talks failed.",
		"versus and number":     "In Apple vs. Samsung the No. 2 maker lost. |He said no. |Then he left.",
		"titles":                "Mr. Cook met Dr. Smith on St. James St. in Jan. 2019. |Sen. Warren did not.",
		"months":                "It ends on Sept. 30. |It ends in Dec. |The rest is known.",
		"clock":                 "It opened at 9:30 a.m. ET and closed at 4 p.m. |Apple fell.",
		"initials":              "J. P. Morgan and J.P. Morgan Chase are one. |Donald J. Trump is another.",
		"decimals":              "It earned $1.85 a share vs. 2.10. |Sales rose 3.5% in Q3. |Margins fell.",
		"names that exclaim":    "Yahoo! Finance and Yum! Brands rose. |Yahoo! |The portal is back!",
		"closing quotes":        "“We won.” |He left. |(It rose.) |\"We lost.\" |They stayed.",
		"question inside":       "“Why?” asked Cook. |\"Go!\" he said.",
		"ellipsis":              "It rose ... and fell. |Then... |Nothing.",
		"camel names":           "Sales fell. |iPhone sales rose. |eBay did not.",
		"dollars start":         "It paid. |$5 million went to Ford.",
		"headline":              "Apple beats estimates\n\n|Apple said on Tuesday it beat.",
		"list":                  "Key points:\n|- Sales rose 5 percent\n|- Profit fell\n|• Cash doubled",
		"numbered":              "1. Apple rises. |2. Google falls.",
		"hard wrap":             "The cost of insuring against default on European\ncorporate debt fell, according to Deutsche Bank AG\nand others in London on Monday. |It rose later.",
		"short lines":           "NEW YORK\n|By Jane Doe\n|Apple rose on Monday.",
		"lost breaks":           "The profit rose.|The company said so.",
		"sites":                 "Amazon.com rose and Booking.com fell. |See sec.gov for more.",
		"chinese":               "苹果上涨。|谷歌下跌。",
		"windows line ends":     "One rose.\r\n\r\n|Two fell",
		"etc":                   "It sells phones, tablets, etc. in China.",
		"state":                 "The Cupertino, Calif. company rose. |It fell ill. |Tim left.",
		"foreign company":       "Anheuser-Busch InBev S.A. Brewer of the year. |Fiat S.p.A. Chairman John Elkann spoke.",
		"speech after suffix":   "He sold Ford Motor Co. |“Nobody knew,” he said. |J. “Bud” Smith left.",
		"shouting":              "WE WON. |THE DEAL IS DONE.",
		"bracket after company": "Gannett Co., Inc. (NYSE: GCI) announced it. |New Media closed.",
	}
	for name, want := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := strings.ReplaceAll(want, "|", "")
			wants := strings.Split(want, "|")
			for i := range wants {
				wants[i] = strings.TrimSpace(wants[i])
			}
			var got []string
			for _, p := range text.Sentences(s) {
				got = append(got, p.Of(s))
			}
			if diff := cmp.Diff(wants, got); diff != "" {
				t.Errorf("sentences of %q (-want +got):\n%s", s, diff)
			}
		})
	}
}
