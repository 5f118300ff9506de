// Runs inside local-slack (a Bun program) before its own code, which would listen on every interface.
type Serve = (options: object) => unknown;
declare const Bun: { serve: Serve };

const serve = Bun.serve;
Bun.serve = (options) => serve({ ...options, hostname: '127.0.0.1' });
