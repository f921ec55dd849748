package names_test

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/names"
)

// nasty are companies whose name or symbol is an ordinary word, with headlines
// of our own: yes is about the company, no is not.
func nasty() []struct {
	symbol, title string
	yes           bool
} {
	return []struct {
		symbol, title string
		yes           bool
	}{
		{"COST", "Costco raises its membership fee for the first time since 2017", true},
		{"COST", "The cost of living keeps climbing for renters", false},
		{"COST", "Rising cost pressures squeeze small bakeries", false},
		{"NET", "Cloudflare outage takes down websites around the world", true},
		{"NET", "Net income at regional lenders falls for a third quarter", false},
		{"NET", "Safety net programs face a long winter", false},
		{"ALL", "Allstate to buy back $3 billion of stock", true},
		{"ALL", "All eyes on the Fed as inflation cools", false},
		{"NOW", "ServiceNow lifts subscription outlook on AI demand", true},
		{"NOW", "Now is the time to refinance, economists say", false},
		{"META", "Meta lays off another 600 in its AI unit", true},
		{"META", "Meta-analysis finds coffee may lengthen life", false},
		{"META", "Zuckerberg tells court Instagram purchase was no threat", true},
		{"META", "Watch the bride's dance that went viral on Instagram", false},
		{"SPY", "SPDR S&P 500 ETF draws record inflows", true},
		{"SPY", "Spy balloon shot down off the Carolina coast", false},
		{"TTE", "TotalEnergies halts Mozambique LNG project again", true},
		{"TTE", "Total sales of existing homes slump in March", false},
		{"BABA", "Alibaba's cloud unit picks up speed", true},
		{"BABA", "Yoga guru Sai Baba remembered by followers", false},
		{"T", "AT&T to shed DirecTV stake for $7.6 billion", true},
		{"T", "At T-Ball fields, parents learn patience", false},
		{"T", "Fans lined up outside AT&T Stadium before the playoff", false},
		{"F", "Ford recalls 870,000 F-150 pickups over parking brakes", true},
		{"F", "Harrison Ford injures shoulder on film set", false},
		{"F", "Gerald Ford pardoned him, and history moved on", false},
		{"F", "Tom Ford shows his last collection in Milan", false},
		{"C", "Citigroup to cut 20,000 jobs in two years", true},
		{"C", "Vitamin C does not cure colds, review finds", false},
		{"V", "Visa and Mastercard settle swipe-fee fight with merchants", true},
		{"V", "Visa applications from students drop sharply", false},
		{"V", "Congress weighs new visa rules for farm workers", false},
		{"V", "Visa's profit tops estimates as travel spending holds", true},
		{"MA", "Mastercard names new finance chief", true},
		{"MA", "Boston, MA, braces for a foot of snow", false},
		{"IT", "Gartner cuts forecast as clients delay contracts", true},
		{"IT", "It was the warmest October on record", false},
		{"IT", "IT workers walk out at city hall", false},
		{"ON", "Onsemi warns of weak demand from carmakers", true},
		{"ON", "On second thought, the senator will stay", false},
		{"KEY", "KeyCorp posts higher net interest income", true},
		{"KEY", "Key witness recants in murder trial", false},
		{"KEY", "7 key questions heading into the debate", false},
		{"SO", "Southern Company says Vogtle reactor is online", true},
		{"SO", "So long, summer: what to pack for fall", false},
		{"SO", "Southern comfort food draws crowds to new diner", false},
		{"A", "Agilent to buy biotech contractor for $925 million", true},
		{"A", "A storm is coming to the Gulf Coast", false},
		{"LOW", "Lowe's tops sales estimates as pros spend more", true},
		{"LOW", "Low turnout mars school board election", false},
		{"LOW", "Rob Lowe tells old stories in a new show", false},
		{"GAP", "Gap names Mattel's Richard Dickson CEO", true},
		{"GAP", "Gender pay gap narrows, slowly", false},
		{"GAP", "Old Navy recalls children's pajamas", true},
		{"GAP", "Gap year students find fewer places to go", false},
		{"GAP", "Gap sales beat estimates, led by Old Navy", true},
		{"TGT", "Target CEO to step down after weak sales", true},
		{"TGT", "Target shares slide as shoppers pull back", true},
		{"TGT", "Fed keeps inflation target at 2 percent", false},
		{"TGT", "Analyst lifts price target on chip stocks", false},
		{"TGT", "Walmart, Target and Costco pull product after recall", true},
		{"TGT", "Target practice injures bystander in Ohio", false},
		{"TGT", "Target Hospitality wins border housing contract", false},
		{"CAT", "Caterpillar profit falls as dealers trim stock", true},
		{"CAT", "Caterpillar invasion strips oaks in the suburbs", false},
		{"CAT", "Cat rescued from a storm drain after two days", false},
		{"DE", "Deere cuts outlook as farm incomes shrink", true},
		{"DE", "Bill de Blasio ends his campaign", false},
		{"PM", "Philip Morris to invest $600 million in Zyn plant", true},
		{"PM", "PM Modi meets farmers after months of protest", false},
		{"MO", "Altria says cigarette volumes fell 10%", true},
		{"MO", "Springfield, MO, votes on a sales tax", false},
		{"KO", "Coca-Cola raises prices again and keeps its volumes", true},
		{"KO", "Fury wins by KO in the seventh round", false},
		{"WELL", "Welltower to buy Amica senior housing for C$4.6 billion", true},
		{"WELL", "Well owners told to test for arsenic", false},
		{"SNOW", "Snowflake's product revenue outlook tops estimates", true},
		{"SNOW", "Snow closes schools across Vermont", false},
		{"SNOW", "Every snowflake is different, and here is why", false},
		{"OPEN", "Opendoor shares jump as founder returns", true},
		{"OPEN", "Open enrollment begins Nov. 1", false},
		{"OPEN", "U.S. Open final ends after five sets", false},
		{"REAL", "RealReal narrows loss on higher take rate", true},
		{"REAL", "Real Madrid beat Sevilla in late drama", false},
		{"REAL", "Real estate prices cool in the suburbs", false},
		{"PLAY", "Dave & Buster's swaps CEO after soft summer", true},
		{"PLAY", "Play explores grief on a small stage", false},
		{"FAST", "Fastenal says daily sales rose in July", true},
		{"FAST", "Fast food wages rise in California", false},
		{"HAS", "Hasbro to move its headquarters to Boston", true},
		{"HAS", "Winter storm has travelers stranded", false},
		{"GIS", "General Mills sells its yogurt business to French firms", true},
		{"GIS", "GIs returned home to find jobs scarce", false},
		{"SEE", "Sealed Air agrees to be taken private", true},
		{"SEE", "See the northern lights this weekend", false},
		{"EAT", "Brinker raises outlook as Chili's keeps winning diners", true},
		{"EAT", "Eat more fiber, doctors say", false},
		{"FUN", "Six Flags attendance falls on bad weather", true},
		{"FUN", "Fun run raises money for shelter", false},
		{"CAR", "Avis swings to a loss on fleet charge", true},
		{"CAR", "Car strikes a pole, knocking out power", false},
		{"AAPL", "Apple pie contest draws record crowd", false},
		{"AAPL", "Apple to open its first store in Malaysia", true},
		{"AAPL", "Apple Hospitality REIT lifts its dividend", false},
		{"AAPL", "Apple growers fear a late frost", false},
		{"AAPL", "Fiona Apple releases surprise album", false},
		{"AAPL", "Moving to the Big Apple on a budget", false},
		{"AAPL", "Apple’s services revenue hits a record", true},
		{"AAPL", "iPhone sales in China slump 24%", true},
		{"AMZN", "Amazon rainforest fires reach a ten-year high", false},
		{"AMZN", "Amazon to spend $10 billion on Indiana data centers", true},
		{"DAL", "Delta variant fills hospitals in the South", false},
		{"DAL", "Delta pilots approve contract with 34% raises", true},
		{"DAL", "Delta cuts profit forecast on weak demand", true},
		{"DAL", "Mississippi Delta farmers wait for rain", false},
		{"UAL", "United Nations warns of famine", false},
		{"UAL", "United Airlines orders 100 Boeing 787s", true},
		{"UAL", "Manchester United shares the points at Anfield", false},
		{"LUV", "Southwest ends open seating after half a century", true},
		{"LUV", "Southwest drought forces water cuts", false},
		{"SHEL", "Shell to sell its Nigerian onshore business", true},
		{"SHEL", "Shell company hid millions, prosecutors say", false},
		{"SHEL", "Sea turtle with a cracked shell returns to the ocean", false},
		{"ORCL", "Oracle shares surge on AI backlog", true},
		{"ORCL", "Buffett, the Oracle of Omaha, to retire", false},
		{"SNAP", "Snap to cut 10% of its staff", true},
		{"SNAP", "SNAP benefits to lapse for millions", false},
		{"SNAP", "Cold snap grips the Midwest", false},
		{"ZM", "Zoom raises its outlook as companies keep paying", true},
		{"ZM", "Zoom in on the wildfire with this satellite map", false},
		{"PTON", "Peloton recalls 2.2 million bikes over seat posts", true},
		{"PTON", "Crash splits the peloton on stage four", false},
		{"PGR", "Progressive says catastrophe losses doubled in April", true},
		{"PGR", "Progressive Democrats balk at budget deal", false},
		{"TRV", "Travelers beats estimates as storm claims ease", true},
		{"TRV", "Travelers stranded as snow shuts airport", false},
		{"CCL", "Carnival orders three new ships from Fincantieri", true},
		{"CCL", "Rio Carnival returns with samba and glitter", false},
		{"BAC", "Bank of America profit rises on trading", true},
		{"BAC", "Bank of England holds rates", false},
		{"GS", "Goldman to trim its partner ranks", true},
		{"GS", "Goldman Environmental Prize goes to river defender", false},
		{"MS", "Morgan Stanley to cut 2,000 jobs", true},
		{"MS", "Morgan Wallen adds stadium dates", false},
		{"WFC", "Wells Fargo freed from asset cap", true},
		{"WFC", "Lakers visit Wells Fargo Center on Friday", false},
		{"MCD", "McDonald's brings back snack wraps", true},
		{"MCD", "Doobie Brothers to reunite with Michael McDonald", false},
		{"TSN", "Tyson to close its Nebraska beef plant", true},
		{"TSN", "Mike Tyson returns to the ring at 58", false},
		{"HLT", "Hilton opens its 8,000th hotel", true},
		{"HLT", "Paris Hilton testifies on youth facilities", false},
		{"CMG", "Chipotle to test a robot that peels avocados", true},
		{"CMG", "Chipotle peppers give this chili its smoke", false},
		{"XYZ", "Block party shooting leaves two dead", false},
		{"XYZ", "Block Inc. raises profit forecast on Cash App growth", true},
		{"GE", "GE Aerospace lifts outlook on engine demand", true},
		{"GM", "GM halts Cruise robotaxi funding", true},
		{"GM", "GM crops win approval in Kenya", false},
		{"HPQ", "HP to cut up to 6,000 jobs by 2025", true},
		{"HPQ", "Engine makes 400 hp in its new tune", false},
		{"X", "U.S. Steel agrees to Nippon takeover", true},
		{"X", "Generation X is not ready to retire", false},
		{"M", "Macy's to shut 150 stores", true},
		{"M", "Macy's Thanksgiving Day Parade draws millions", false},
		{"W", "Wayfair cuts 13% of its workforce", true},
		{"W", "George W. Bush paints immigrants", false},
		{"K", "Kellogg workers reject contract and stay on strike", true},
		{"K", "Kellogg School of Management names dean", false},
		{"RCI-B.TO", "Rogers, Shaw extend merger deadline again", true},
		{"RCI-B.TO", "Aaron Rodgers hurt in Jets debut", false},
		{"RCI-B.TO", "Mister Rogers' sweater goes on display", false},
		{"TIF", "Tiffany agrees to LVMH's lower price", true},
		{"TIF", "Tiffany Haddish to host awards", false},
		{"DD", "DuPont to split into three companies", true},
		{"CVS", "CVS to close 271 stores next year", true},
		{"GCI", "Gannett names new editor of USA Today", true},
		{"GCI", "Poll: most voters want change, according to USA Today", false},
		{"AMZN", "Amazon founder Jeff Bezos buys a third mansion", false},
		{"WBD", "Five dead in pileup, police tell CNN", false},
		{"WBD", "CNN to cut 200 jobs as it turns to streaming", true},
		{"NYT", "New York Times reports strike plans at port", false},
		{"NYT", "New York Times adds 250,000 digital subscribers", true},
		{"VWAGY", "Audi recalls 44,000 e-tron cars", true},
	}
}

func TestNastyTickers(t *testing.T) {
	t.Parallel()
	l := names.NewLinker(starter(t))
	for _, c := range nasty() {
		row, known := l.Ticker(stockdigest.Symbol(c.symbol))
		if !known {
			t.Fatalf("%s is not in the starter", c.symbol)
		}
		v := l.About(row, c.title, "", "")
		if v.About != c.yes {
			t.Errorf("%s: %q: got about=%v (%s), want %v", c.symbol, c.title, v.About, v.Reason, c.yes)
		}
		if v.Reason == "" {
			t.Errorf("%s: %q: no reason", c.symbol, c.title)
		}
	}
	if n := len(nasty()); n < 100 {
		t.Errorf("the table has %d headlines, want at least 100", n)
	}
}

// starter reads the starter file, which lies with its importer.
func starter(tb testing.TB) []stockdigest.Ticker {
	tb.Helper()
	f, err := os.Open(filepath.Join("..", "adapter", "tickers", "starter.txt"))
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	kinds := []stockdigest.NameKind{
		stockdigest.NameCompany, stockdigest.NameBrand, stockdigest.NameProduct, stockdigest.NamePerson, stockdigest.NameContext,
	}
	var rows []stockdigest.Ticker
	for s := bufio.NewScanner(f); s.Scan(); {
		cols := strings.Split(s.Text(), "|")
		if strings.HasPrefix(s.Text(), "#") || len(cols) < 4 {
			continue
		}
		row := stockdigest.Ticker{Symbol: stockdigest.Symbol(strings.TrimSpace(cols[0])), CIK: strings.TrimSpace(cols[2]), Name: strings.TrimSpace(cols[3])}
		for i, list := range cols[4:] {
			for text := range strings.SplitSeq(list, ";") {
				if text = strings.TrimSpace(text); text != "" {
					row.Names = append(row.Names, stockdigest.Name{Text: text, Kind: kinds[i]})
				}
			}
		}
		rows = append(rows, row)
	}
	return rows
}
