/**
 * Options of waits for what somebody else has to send.
 */

import type { BlockingWaitOptions, WaitOptions } from "../wait/waiting.ts";

/** What a wait for messages or notifications needs beside time. */
interface SenderRequirement {
  /**
   * Whether the wait ends when nobody can send any more: when no publisher (or notifier) is open,
   * and nothing of those who were is left to receive. It then fails with FLOE_PEER_DIED if the last
   * one to go has died, and with FLOE_NO_PEER if it was closed or if there was none; the error's
   * `peer` says which one it was. Default: false, a sender may come at any time.
   */
  readonly requireSender?: boolean;
}

/** How long a wait that blocks may last, and what it requires. */
export interface BlockingReceiveOptions extends BlockingWaitOptions, SenderRequirement {}

/** How long to wait, what else may end it, and what it requires. */
export interface ReceiveOptions extends WaitOptions, SenderRequirement {}
