package app

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"

	"stockdigest.app/stockdigest"
	"stockdigest.app/stockdigest/internal/adapter/tickers"
)

// maxTickerFile bounds a ticker list; the largest known one is below 4 MB.
const maxTickerFile = 32 << 20

// SyncTickers reads SEC's public list of tickers into the table and returns how
// many it held.
func (a *App) SyncTickers(ctx context.Context) (int, error) {
	body, err := a.fetch.Data(ctx, tickers.SECURL, maxTickerFile)
	if err != nil {
		return 0, fmt.Errorf("read SEC's ticker list: %w", err)
	}
	return a.importTickers(ctx, "company_tickers.json", body.Bytes)
}

// ImportTickers reads a list of tickers from a file into the table and returns
// how many it held.
func (a *App) ImportTickers(ctx context.Context, path string) (int, error) {
	info, err := os.Stat(path)
	if err != nil {
		return 0, &stockdigest.Error{Kind: stockdigest.ErrNotFound, Message: "cannot read ticker file " + path, Err: err}
	}
	if info.Size() > maxTickerFile {
		return 0, stockdigest.Invalid(fmt.Sprintf("ticker file %s is larger than %d MB", path, maxTickerFile>>20))
	}
	data, err := os.ReadFile(path) //nolint:gosec // the operator names the file
	if err != nil {
		return 0, &stockdigest.Error{Kind: stockdigest.ErrInvalid, Message: "cannot read ticker file " + path, Err: err}
	}
	return a.importTickers(ctx, filepath.Base(path), data)
}

func (a *App) importTickers(ctx context.Context, name string, data []byte) (int, error) {
	list, err := tickers.Import(name, bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	if err := a.store.SaveTickers(ctx, list); err != nil {
		return 0, fmt.Errorf("save tickers: %w", err)
	}
	return len(list), nil
}
