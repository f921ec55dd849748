package facts

import "strings"

// common reports whether w, capitalised at the head of a sentence, is rather a
// plain word than a name: words of business prose, and any word that only its
// ending marks as an adverb, a participle or an abstract noun.
func common(w string) bool {
	if _, ok := commonWords[w]; ok {
		return true
	}
	if _, ok := moves[w]; ok {
		return true
	}
	if hedgeClass(w) != "" || adjective(w) && len(w) > 5 || countNoun(singular(w)) {
		return true
	}
	for _, ending := range []string{"ly", "tion", "tions", "ment", "ments", "ness", "ity", "ities", "ance", "ances", "ence", "sion", "sions"} {
		if len(w) > len(ending)+3 && strings.HasSuffix(w, ending) {
			return true
		}
	}
	return false
}

//nolint:gochecknoglobals // a word list, built once and never changed
var commonWords = wordSet(`
	account accounts across adjusted advertising again agreement air also although always among amid analysis announced any
	anyone app apps area areas ask assets attention away back bank banks base based basic because become bid big bill board
	bonds book bookings both brands budget build building business businesses buyback call calls capacity capital care
	careful cash category chain chairman challenge chance change changes channel charge charges chief china's chip chips
	clients cloud come comes coming comments commodity common companies competition competitors construction consumer
	consumers content continue contrast contract contracts core cost costs could course court credit critics currency
	current currently customer daily data date days deal dealers deals debt december demand despite development digital
	discretionary diluted dividend dividends does domestic done drivers early earth east easy economic economy effective
	efforts either electric elsewhere energy engine enterprise entire equity even ever everyone everything evidence example
	exchange excluding executive executives existing expenses experts exports factors fact far fans fees few figures file filing finally
	finance financial find fine fixed flow follow following food foreign form former founder founded founding free friends
	from fuel fund funds further future game games general get give given gives giving global go goal going gold good
	goods got government great gross group guess had half hard has have having head health help hence here high hold
	home hopes hot house how however huge idea image impact imports important inc include includes including indeed
	industrial industry inflation information insiders instead insurance interest international internet into inventory
	inventories invest investors issue issues items job jobs judge keep key kind know labor labour large late lately latest
	law lawmakers lawyers lead leaders leading learn let like line lines list little loan loans local long look looking
	low made mail main major make makes makers making man management manager managers manufacturers many margin margins
	marketing matter maybe me mean means meanwhile media meet meeting men merger metal might mobile model models money
	monthly mortgage moreover move movement moves moving much multiple must my name national natural need needs neither
	never nevertheless new newly news next night nobody none nonetheless nor normal north note notes nothing notice notably
	nor number numbers object obviously of offer offering offers office official officials often oil okay old once one ones
	online only onto operating operation operations operators or orders organic original others otherwise ours out outside
	outstanding overall overhead own owners ownership package pages paid panel paper part parts partner partners past
	pay payment payments pending people percent performance period perhaps phone photo picture place plan planned play
	plus point points policy poor post power pre premium president press pressure pretax previous price prices pricing
	prior private probably problem problems process produce producers product production products program progress project
	projects proof property provision public published put quality quarterly question questions quick quite rate rates
	rather raw reach read reading real reason recall recent record recently red regarding regulators related release
	remember report reporting research reserve reserves residential rest result results retail retailers return returns
	revenues rich right rights risk risks road role room rose round rule rules running said sales same say saying scale
	science screen second secondly section sector secured securities see seen segment self senior separately series service
	services several share shareholders she should show shows sign significant similarly simple simply since single six
	size small so social software solid some someone something sometimes soon sorry sort sources south space speaking
	special spending spokesman spokeswoman staff stage stake standard state statement steel step still stock stocks
	storage story strategic strategy street strike strong structure studies study subject subscribers subscription such
	suppliers supply support sure surely surprise system systems tables take taken takes taking talk talks tariffs tax
	taxes team teams tech technology tell term terms test thank thanks their them themselves there therefore these they
	thing things think third this those though thought through throughout thus ticket time times today together tomorrow
	tonight too top total touch tough toward trade traders trading traffic transaction travel treasury trend trends true
	try turn turning turns two type typical ultimate under underlying union unit until upon us use used user users using
	usually value various very via video view volume volumes voters vs wage wages wait walk wall want war was watch water
	way we web website week weekly welcome well went were west what whatever when whenever where whereas whether which
	while white who whole whom whose why wide wireless with within women word words work workers working world worldwide
	worth write wrong yes yesterday yet yields you young your zero comparable compared according additional additionally
	another approximately capital-expenditure consolidated constant eps ebitda gaap adj adjusted free-cash-flow capex
	backlog bookings occupancy leverage liquidity turnover throughput wholesale same-store pro forma qtrly hello
`)

func wordSet(list string) map[string]struct{} {
	set := map[string]struct{}{}
	for w := range strings.FieldsSeq(list) {
		set[w] = struct{}{}
	}
	return set
}
