// A refusal in Heroku's own words: status, id, message.

export class ApiError extends Error {
  readonly status: number;
  readonly id: string;
  readonly resource: string | undefined;

  constructor(status: number, id: string, message: string, resource?: string) {
    super(message);
    this.status = status;
    this.id = id;
    this.resource = resource;
  }

  /** The JSON that goes over the wire. */
  get body(): Record<string, string> {
    return { ...(this.resource === undefined ? {} : { resource: this.resource }), id: this.id, message: this.message };
  }
}

export const notFound = (resource: string, message: string) => new ApiError(404, 'not_found', message, resource);
export const invalid = (message: string) => new ApiError(422, 'invalid_params', message);
