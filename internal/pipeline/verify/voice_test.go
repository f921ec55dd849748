package verify_test

import (
	"testing"

	"stockdigest.app/stockdigest/internal/pipeline/verify"
)

// TestClaimsKeepVoicesDoubtsAndDegrees has statements a model may word from a
// sentence: who said so, what is only planned or told by unnamed people, counts,
// times and comparisons that the sentence does not make.
func TestClaimsKeepVoicesDoubtsAndDegrees(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		evidence, statement string
		fails               bool
	}{
		{"Acme plans to cut 1,200 jobs in Ohio.", "Acme cut 1,200 jobs in Ohio.", true},
		{"Acme plans to cut 1,200 jobs in Ohio.", "Acme will cut 1,200 jobs in Ohio.", false},
		{"Acme plans to cut 1,200 jobs in Ohio.", "Acme to cut 1,200 jobs in Ohio.", false},
		{"Acme plans to buy Bolt for $3 billion.", "Acme bought Bolt for $3 billion.", true},
		{"Acme is considering a sale of its Bolt unit.", "Acme will sell its Bolt unit.", true},
		{"Acme is in talks to buy Bolt for $3 billion.", "Acme bought Bolt for $3 billion.", true},
		{"Acme is in talks to buy Bolt for $3 billion.", "Acme agreed to buy Bolt for $3 billion.", true},
		{"Acme agreed to buy Bolt for $3 billion.", "Acme has bought Bolt for $3 billion.", true},
		{"Acme reportedly plans to close its Ohio plant.", "Acme plans to close its Ohio plant.", true},
		{"Acme is said to plan the closure of its Ohio plant.", "Acme plans the closure of its Ohio plant.", true},
		{"Acme will cut up to 1,200 jobs.", "Acme will cut 1,200 jobs.", true},
		{"Acme will cut about 1,200 jobs.", "Acme will cut 1,200 jobs.", true},
		{"Acme will cut at least 1,200 jobs.", "Acme will cut 1,200 jobs.", true},
		{"Acme will cut 1,200 jobs.", "Acme will cut up to 1,200 jobs.", true},
		{"Acme will cut nearly 1,200 jobs.", "Acme will cut more than 1,200 jobs.", true},
		{"Acme expects revenue of $3 billion in 2020.", "Acme had revenue of $3 billion in 2020.", true},
		{"Acme expects revenue to rise 5% in 2020.", "Acme revenue rose 5% in 2020.", true},
		{"Acme forecast revenue of $3 billion for 2020.", "Acme forecasts revenue of $3 billion for 2020.", false},
		{"Acme expects revenue of $3 billion in 2020.", "Acme guided to revenue of $3 billion in 2020.", false},
		{"Sales rose 5% at Acme in the quarter.", "Acme sales doubled in the quarter.", true},
		{"Sales rose 5% at Acme in the quarter.", "Acme sales rose 5% to a record in the quarter.", true},
		{"Sales rose 5% at Acme in the quarter.", "Acme sales rose 5% in the quarter, the most ever.", true},
		{"Acme said on Tuesday that sales rose 5%.", "Acme said today that sales rose 5%.", true},
		{"Acme said on Tuesday that sales rose 5%.", "Acme said last week that sales rose 5%.", true},
		{"Acme sued Bolt on Tuesday.", "Acme sued Bolt yesterday.", true},
		{"Analysts at Wedbush said Tesla will deliver 100,000 cars.", "Tesla said it will deliver 100,000 cars.", true},
		{"Analysts at Wedbush said Tesla will deliver 100,000 cars.", "Tesla will deliver 100,000 cars, according to Wedbush.", false},
		{"Analysts at Wedbush said Tesla will deliver 100,000 cars.", "Tesla will deliver 100,000 cars, according to Tesla.", true},
		{"Analysts at Wedbush said Tesla will deliver 100,000 cars.", "Wedbush says Tesla will deliver 100,000 cars.", false},
		{"Tesla will deliver 100,000 cars, Elon Musk said.", "Tesla will deliver 100,000 cars, said Elon Musk.", false},
		{"Tesla will deliver 100,000 cars, Elon Musk said.", "Tesla will deliver 100,000 cars, per Elon Musk.", false},
		{"Tesla will deliver 100,000 cars, Elon Musk said.", "Tesla will deliver 100,000 cars, per Bloomberg.", true},
		{"Tesla will deliver 100,000 cars in 2020.", "Tesla will deliver 100,000 cars in 2020, analysts said.", true},
		{"Tesla will deliver 100,000 cars in 2020.", "Tesla will deliver 100,000 cars in 2020, according to analysts.", true},
		{"Tesla will deliver 100,000 cars in 2020.", "Tesla will deliver 100,000 cars in 2020, according to people familiar with the matter.", true},
		{"Tesla will close its Reno plant, people familiar with the matter said.", "Tesla will close its Reno plant.", true},
		{"Tesla will close its Reno plant, according to people familiar with the matter.", "Tesla will close its Reno plant, sources say.", false},
		{"Tesla will close its Reno plant, Bloomberg reported, citing sources.", "Tesla will close its Reno plant.", true},
		{"Ford said General Motors faces a recall of 100,000 cars.", "General Motors said Ford faces a recall of 100,000 cars.", true},
		{"Ford said General Motors faces a recall of 100,000 cars.", "General Motors faces a recall of 100,000 cars, General Motors said.", true},
		{"Short seller Muddy Waters accused Acme of faking its sales.", "Acme faked its sales.", true},
		{"Short seller Muddy Waters claims that Acme faked its sales.", "Acme faked its sales.", true},
		{"Short seller Muddy Waters claims that Acme faked its sales.", "Muddy Waters claims Acme faked its sales.", false},
		{"Acme beat estimates for profit and missed those for sales.", "Acme missed estimates for profit and beat those for sales.", true},
		{"Acme beat estimates with a profit of $1.10 per share.", "Acme missed estimates with a profit of $1.10 per share.", true},
		{"Acme topped estimates with a profit of $1.10 per share.", "Acme beat estimates with a profit of $1.10 per share.", false},
		{"Acme raised its outlook to $3 billion from $2.8 billion.", "Acme lowered its outlook to $3 billion from $2.8 billion.", true},
		{"Acme raised its outlook to $3 billion from $2.8 billion.", "Acme raised its outlook from $3 billion to $2.8 billion.", true},
		{"Acme raised its outlook to $3 billion from $2.8 billion.", "Acme lifted its outlook to $3 billion.", false},
		{"Acme narrowed its loss to $3 million.", "Acme widened its loss to $3 million.", true},
		{"Acme swung to a profit of $3 million from a loss of $2 million.", "Acme swung to a loss of $3 million from a profit of $2 million.", true},
		{"The FDA approved Acme's drug.", "The FDA rejected Acme's drug.", true},
		{"Acme won a suit against Bolt.", "Acme lost a suit against Bolt.", true},
		{"Acme settled with the SEC for $3 million.", "Acme was fined $3 million by the SEC.", false},
		{"Acme said three plants in Ohio and Texas will close.", "Acme said several plants in Ohio and Texas will close.", false},
		{"Acme said plants in Ohio and Texas will close.", "Acme said two plants in Ohio and Texas will close.", true},
		{"Acme said plants in Ohio and Texas will close.", "Acme said dozens of plants in Ohio and Texas will close.", true},
		{"Acme said plants in Ohio and Texas will close.", "Acme said most plants in Ohio and Texas will close.", true},
		{"The judge may dismiss the suit against Acme.", "The judge dismissed the suit against Acme.", true},
		{"The board could vote on the merger with Bolt.", "The board voted on the merger with Bolt.", true},
		{"Acme is likely to miss its target for sales.", "Acme missed its target for sales.", true},
		{"Acme hopes to win approval from the FDA.", "Acme won approval from the FDA.", true},
		{"Acme aims to open 50 stores.", "Acme opened 50 stores.", true},
		{"Acme has no plans to sell Bolt.", "Acme plans to sell Bolt.", true},
		{"Acme denied that it is in talks with Bolt.", "Acme is in talks with Bolt.", true},
		{"Shares of Acme rose 5% as sales fell 3%.", "Shares of Acme fell 5% as sales rose 3%.", true},
		{"Shares of Acme rose 5% as sales fell 3%.", "Shares of Acme fell 3% as sales rose 5%.", true},
		{"Shares of Acme rose 5% after sales fell 3%.", "Acme shares gained 5% although sales dropped 3%.", false},
		{"Acme named John Smith chief executive to replace Mary Jones.", "Acme named Mary Jones chief executive to replace John Smith.", true},
		{"Acme named John Smith chief executive.", "Acme named John Smith chief financial officer.", true},
		{"Acme named John Smith chief executive.", "Acme named John Smith CEO.", false},
		{"John Smith, the CFO of Acme, resigned.", "John Smith, the CEO of Acme, resigned.", true},
		{"UBS upgraded Acme to buy from neutral.", "UBS upgraded Acme to neutral from buy.", true},
		{"UBS upgraded Acme to buy.", "UBS upgraded Acme to overweight.", true},
		{"UBS raised its price target on Acme to $50 from $45.", "Citi raised its price target on Acme to $50 from $45.", true},
		{"Revenue of Acme rose 5% from a year earlier.", "Revenue of Acme rose 5% from the quarter before.", true},
		{"Acme will pay the dividend in March.", "Acme paid the dividend in March.", true},
	} {
		got := verify.Claims(tt.statement, tt.evidence, "")
		if (len(got) > 0) != tt.fails {
			t.Errorf("%q from %q: got %+v, want failure %v", tt.statement, tt.evidence, got, tt.fails)
		}
	}
}

func TestAPublisherSpeaksForItself(t *testing.T) {
	t.Parallel()
	const evidence, statement = "Tesla will deliver 100,000 cars, Elon Musk said.", "Tesla will deliver 100,000 cars, according to Reuters."
	if got := verify.Claims(statement, evidence, "Tesla to deliver cars\nReuters"); len(got) > 0 {
		t.Errorf("got %+v, want the publisher's name let through", got)
	}
	if got := verify.Claims(statement, evidence, "Tesla to deliver cars, Reuters says after Ford\nBloomberg"); len(got) == 0 {
		t.Error("got none, want a name of a headline refused as the one who says so")
	}
}
