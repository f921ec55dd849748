package prices

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"strconv"
	"time"

	"github.com/go-analyze/charts"

	"stockdigest.app/stockdigest"
)

// Size of a chart in pixels. It is shown at half of it, so that it is sharp on
// screens with two pixels to a point.
const (
	ChartWidth  = 600
	ChartHeight = 240
)

const maxPoints = 250 // of the line, a year of sessions; more are not seen at this width

// PNG draws the closes as a line on a light ground of its own, so that it can
// be read in light mails and in dark ones. Equal histories give equal bytes.
// It needs two closes.
func PNG(h stockdigest.PriceHistory) ([]byte, error) {
	closes := thinned(h.Closes)
	values, labels := make([]float64, 0, len(closes)), make([]string, 0, len(closes))
	for _, c := range closes {
		at, err := time.Parse(time.DateOnly, string(c.Day))
		if err != nil || !isPrice(c.Price) {
			return nil, stockdigest.Invalid(fmt.Sprintf("no close can be drawn of %q at %g", c.Day, c.Price))
		}
		values, labels = append(values, c.Price), append(labels, at.Format("2 Jan"))
	}
	if len(values) < 2 {
		return nil, stockdigest.Invalid("a chart needs two closes")
	}
	p := charts.NewPainter(charts.PainterOptions{OutputFormat: charts.ChartOutputPNG, Width: ChartWidth, Height: ChartHeight})
	if err := p.LineChart(options(values, labels)); err != nil {
		return nil, fmt.Errorf("draw chart of %s: %w", h.Symbol, err)
	}
	raw, err := p.Bytes()
	if err == nil {
		raw, err = packed(raw)
	}
	if err != nil {
		return nil, fmt.Errorf("write chart of %s: %w", h.Symbol, err)
	}
	return raw, nil
}

// packed writes a chart with the few colours that it has, and the steps from
// them to the ground, which makes it a quarter of its size.
func packed(raw []byte) ([]byte, error) {
	drawn, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("read it back: %w", err)
	}
	full := image.NewRGBA(drawn.Bounds())
	draw.Draw(full, full.Rect, drawn, drawn.Bounds().Min, draw.Src)
	few := image.NewPaletted(full.Rect, ramps())
	near := map[color.RGBA]uint8{}
	for at := range few.Pix {
		p := full.Pix[4*at : 4*at+4]
		c := color.RGBA{p[0], p[1], p[2], p[3]}
		index, known := near[c]
		if !known {
			index = uint8(few.Palette.Index(c)) //nolint:gosec // of fewer than 256
			near[c] = index
		}
		few.Pix[at] = index
	}
	var b bytes.Buffer
	if err := png.Encode(&b, few); err != nil {
		return nil, fmt.Errorf("encode it: %w", err)
	}
	return b.Bytes(), nil
}

// ramps are the steps from the ground to each colour.
func ramps() color.Palette {
	const steps = 16
	all := color.Palette{color.White}
	for _, to := range []charts.Color{ink(), grid(), stroke()} {
		for i := 1; i <= steps; i++ {
			mix := func(c uint8) uint8 { return uint8(255 - (255-int(c))*i/steps) } //nolint:gosec // between c and 255
			all = append(all, color.RGBA{mix(to.R), mix(to.G), mix(to.B), 255})
		}
	}
	return all
}

// Contrast on the ground: 7.6 to 1 for letters, 6.7 to 1 for the line.
func ink() charts.Color    { return charts.ColorFromHex("#4b5563") }
func stroke() charts.Color { return charts.ColorFromHex("#1d4ed8") }
func grid() charts.Color   { return charts.ColorFromHex("#e5e7eb") }

// thinned keeps so many closes that each has a pixel or two, the last always.
func thinned(closes []stockdigest.Close) []stockdigest.Close {
	step := (len(closes) + maxPoints - 1) / maxPoints
	if step <= 1 {
		return closes
	}
	var kept []stockdigest.Close
	for i := (len(closes) - 1) % step; i < len(closes); i += step {
		kept = append(kept, closes[i])
	}
	return kept
}

func options(values []float64, labels []string) charts.LineChartOption {
	o := charts.NewLineChartOptionWithData([][]float64{values})
	o.Theme = charts.MakeTheme(charts.ThemeOption{
		BackgroundColor: charts.ColorWhite, TextColor: ink(), AxisStrokeColor: grid(), AxisSplitLineColor: grid(),
		SeriesColors: []charts.Color{stroke()},
	})
	o.Padding = charts.NewBox(12, 12, 20, 8)
	o.Symbol = charts.Symbol{Shape: charts.SymbolNone}
	o.LineStrokeWidth = 3
	o.Legend.Show = new(false)
	letters := charts.FontStyle{FontSize: 17} // at half size still nine points
	o.XAxis.Labels, o.XAxis.LabelCount, o.XAxis.LabelFontStyle = labels, 3, letters
	o.YAxis = []charts.YAxisOption{{LabelCount: 4, LabelFontStyle: letters}}
	o.XAxis.BoundaryGap = new(false)
	o.ValueFormatter = places(values)
	return o
}

// places writes prices with so many places that the labels of an axis differ.
func places(values []float64) charts.ValueFormatter {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	n := 0
	for spread := high - low; n < 4 && spread < 8; n++ {
		spread *= 10
	}
	return func(v float64) string { return strconv.FormatFloat(v, 'f', n, 64) }
}
