// What every service outside has for those who play with it: look at what it received, and make trouble. In process, and by HTTP.
import { ok, type Part, shaped } from '../supabase/http/exchange.ts';
import { type ActiveFaults, Fault } from '../supabase/http/faults.ts';

/** `GET /_control/received`, `POST /_control/faults`, `POST /_control/faults/clear`. */
export function outsideControl(faults: ActiveFaults, received: () => unknown): Part {
  return async (request) => {
    switch (`${request.method} ${request.path}`) {
      case 'GET /_control/received':
        return ok(received());
      case 'POST /_control/faults':
        faults.add(await shaped(request, Fault));
        return ok({});
      case 'POST /_control/faults/clear':
        faults.clear();
        return ok({});
      default:
        return null;
    }
  };
}
