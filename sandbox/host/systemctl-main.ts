// The `systemctl` and `journalctl` of the sandbox's host: hand their arguments to serveSystemd and print its answer.
import { request } from 'node:http';
import { z } from 'zod';

const Answer = z.object({ code: z.number(), stdout: z.string(), stderr: z.string() });

const [socketPath = '', program = '', ...args] = process.argv.slice(2);
const call = request({ socketPath, method: 'POST' }, async (response) => {
  let body = '';
  for await (const chunk of response) body += chunk;
  const { code, stdout, stderr } = Answer.parse(JSON.parse(body));
  process.stdout.write(stdout);
  process.stderr.write(stderr);
  process.exitCode = code;
});
call.once('error', () => {
  process.stderr.write('Failed to connect to bus: No such file or directory\n');
  process.exitCode = 1;
});
call.end(JSON.stringify({ program, args }));
