package summarize_test

import (
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/pipeline/summarize"
)

func TestSentimentMeansTheCompany(t *testing.T) {
	t.Parallel()
	cases := map[stockdigest.Sentiment][]string{
		stockdigest.Positive: {
			"Operating profit rose 9% to $210 million.", "Costs fell 4% in the third quarter.", "Net loss narrowed to $3 million from $8 million.",
			"Brightwell posted a profit of $2 million compared with a loss of $5 million a year earlier.", "Brightwell won a contract worth $40 million from the army.",
			"Brightwell sees no tariff harm, lifts forecast.", "Brightwell shares soar after a blowout quarter.", "Brightwell beats expectations as grocery gains.", "Lawsuit over a Brightwell label dismissed.",
			"Brightwell pipeline gets court go-ahead.", "Brightwell adds 273,000 digital subscribers.", "Brightwell sales surge 58%.",
			"Earnings per share were $1.20, up from $1.05.", "The margin was 13.6%, compared with 12.1% a year earlier.",
		},
		stockdigest.Negative: {
			"Operating profit fell 9% to $210 million.", "Costs rose 4% in the third quarter.", "Net loss widened to $8 million from $3 million.",
			"Brightwell slipped to a loss of $5 million from a profit of $2 million.", "Brightwell will cut 400 jobs in Ohio.", "Brightwell recalled 12,000 scanners over a defect.",
			"The savings will be hard to reach without more shrinkage in the workforce.", "Earnings per share were $1.05, down from $1.20.",
			"Regulators ordered Brightwell to pay $14.5 billion in back taxes.", "Brightwell takes $5.6 billion charge.", "Brightwell plunges after outlook cut.", "Brightwell bonds have weakened sharply.",
			"Brightwell accounts hacked and sold on the dark web.", "Brightwell to pay $1.6 million over parental leave.", "Brightwell reports wider loss.", "Brightwell falls short of estimates.",
			"The game does not run at a stable rate.", "Regulators fined Brightwell $12 million.",
		},
		stockdigest.Neutral: {
			"Brightwell will publish its results on 4 May.", "The wagon has a top speed of 109 mph.", "The merged group may not diverge from the trend.",
			"Brightwell reported net sales of $85 million and operating profit of $8 million.", "The dividend is payable on 1 March to shareholders of record on 19 February.",
			"Brightwell appointed Ada Quill as head of its plate unit.",
		},
	}
	for want, list := range cases {
		for _, s := range list {
			if got, why := summarize.Sentiment(s); got != want {
				t.Errorf("Sentiment(%q) = %s (%s), want %s", s, got, why, want)
			}
		}
	}
}
