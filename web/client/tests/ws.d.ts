/** As much of `ws` as the tests take. */
declare module "ws" {
  export interface Socket {
    on(event: "message", listener: (text: unknown) => void): void;
    send(text: string): void;
    close(code: number): void;
    terminate(): void;
  }

  export class WebSocketServer {
    readonly clients: Set<Socket>;
    constructor(options: { port: number; host: string });
    on(event: "listening", listener: () => void): void;
    on(event: "connection", listener: (socket: Socket) => void): void;
    address(): { port: number };
    close(): void;
  }

  const WebSocket: unknown;
  export default WebSocket;
}
