//go:build unix

package storetest

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// keeper runs the server for as long as the test process lives, however that
// ends: when the pipe to its standard input closes it stops the server by its
// process id and removes the data. Between that it obeys: "stop" is the
// immediate mode of pg_ctl, as when a machine is reset, and "start" starts again;
// "keep" and "forget" copy the data of a stopped server aside, and back.
const keeper = `trap '' INT TERM HUP
bin=$1 dir=$2; shift 2
start() { "$bin" -D "$dir/data" "$@" >>"$dir/log" 2>&1 & server=$!; }
stop() { [ -z "$server" ] || { kill -QUIT "$server"; wait "$server"; server=; }; }
start "$@"
while read -r order; do
  case $order in
  stop) stop ;;
  start) start "$@" ;;
  keep) cp -a "$dir/data" "$dir/kept" ;;
  forget) rm -rf "$dir/data"; cp -a "$dir/kept" "$dir/data" ;;
  esac
  echo "$order"
done
stop
rm -rf "$dir/data" "$dir/kept" "$dir/log"
rmdir "$dir" 2>/dev/null`

// A keptServer is a server that ends when it is closed or forgotten.
type keptServer struct {
	url    string
	orders io.WriteCloser
	done   *bufio.Reader
}

// startServer makes a new server in a folder of its own, with settings such as
// max_connections=20.
func startServer(settings ...string) (*keptServer, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "stockdigest-pg-")
	if err != nil {
		return nil, err
	}
	owner, err := owner(dir)
	if err != nil {
		return nil, err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"),
		"-U", "stockdigest", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, &syscall.SysProcAttr{Credential: owner}
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make a PostgreSQL cluster: %w: %s", errors.Join(err, os.RemoveAll(dir)), out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	args := []string{"-c", keeper, "keeper", filepath.Join(bin, "postgres"), dir}
	settings = append([]string{"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port), "unix_socket_directories="}, settings...)
	for _, s := range settings {
		args = append(args, "-c", s)
	}
	run := exec.Command("/bin/sh", args...)
	run.Dir, run.SysProcAttr = dir, &syscall.SysProcAttr{Credential: owner, Setpgid: true}
	orders, err := run.StdinPipe()
	if err != nil {
		return nil, err
	}
	done, err := run.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := run.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	url := fmt.Sprintf("postgres://stockdigest@127.0.0.1:%d/postgres?sslmode=disable", port)
	if err := waitFor(url); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log")) // best effort: the error is told anyway
		return nil, fmt.Errorf("start PostgreSQL: %w: %s", err, log)
	}
	return &keptServer{url: url, orders: orders, done: bufio.NewReader(done)}, nil
}

// obey gives the keeper an order and returns when it is carried out.
func (s *keptServer) obey(order string) error {
	if _, err := io.WriteString(s.orders, order+"\n"); err != nil {
		return fmt.Errorf("order the server to %s: %w", order, err)
	}
	if _, err := s.done.ReadString('\n'); err != nil {
		return fmt.Errorf("wait for the server to %s: %w", order, err)
	}
	return nil
}

// Close ends the server and removes its data, a moment later.
func (s *keptServer) Close() error { return s.orders.Close() }

// binaries returns the folder with initdb and postgres.
func binaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if _, err := os.Stat(filepath.Join(filepath.Dir(p), "postgres")); err == nil {
			return filepath.Dir(p), nil
		}
	}
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("%w: neither TEST_POSTGRES_URL nor initdb was found", errNoServer)
	}
	slices.Sort(found)
	return filepath.Dir(found[len(found)-1]), nil
}

// owner gives the folder to a user that PostgreSQL will run as: it refuses to
// run as root. Anybody else runs it as oneself.
func owner(dir string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is the present user
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.ParseUint(u.Uid, 10, 32)
		if err != nil {
			return nil, err
		}
		gid, err := strconv.ParseUint(u.Gid, 10, 32)
		if err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, int(uid), int(gid))
	}
	return nil, fmt.Errorf("%w: it does not run as root, and there is no user postgres or nobody", errNoServer)
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	addr, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, errors.Join(errors.New("no TCP address"), l.Close())
	}
	return addr.Port, l.Close()
}

// waitFor waits until the server takes connections.
func waitFor(url string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, url)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}
