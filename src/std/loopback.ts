/** Whether an address or a name to listen on, or to connect to, is of this machine alone. */
import { isIPv4 } from "node:net"

export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIPv4(host) && host.startsWith("127."))
