// What the proxy saw: calls of the bot, Slack's limits broken, requests delivered to the bot.

export type ApiCall = {
  method: string;
  at: number;
  args: Record<string, unknown>;
  /** `ok`, Slack's error word, or the fault that met it; `pending` until then. */
  outcome: string;
};

export type Violation = { method: string; error: string; messages: string[] };

/** One signed request to the bot, HTTP mode only. */
export type Delivery = {
  at: number;
  headers: Record<string, string>;
  body: string;
  /** HTTP status of the bot's acknowledgement; undefined when none came within Slack's 3 seconds. */
  status: number | undefined;
  ackMs: number;
};

export class SlackRecord {
  readonly calls: ApiCall[] = [];
  readonly violations: Violation[] = [];
  readonly warnings: string[] = [];
  readonly deliveries: Delivery[] = [];

  /** How often the bot called a method, faulty calls included. */
  count(method: string): number {
    return this.calls.filter((call) => call.method === method).length;
  }
}
