// Loaded into the CLI's own process: its HTTP library repeats any request whose reply was lost, a restore's POST too.
import http, { type ClientRequest } from 'node:http';
import https from 'node:https';

// The library decides by the error's code whether to repeat (@heroku/http-call, `_maybeRetry`): without one it gives up.
function once(request: ClientRequest): ClientRequest {
  if (request.method === 'GET' || request.method === 'HEAD') return request;
  return request.prependListener('error', (error: NodeJS.ErrnoException) => {
    delete error.code;
  });
}

for (const protocol of [http, https]) {
  const original = protocol.request;
  protocol.request = (...args: unknown[]): ClientRequest => once(Reflect.apply(original, protocol, args));
}
