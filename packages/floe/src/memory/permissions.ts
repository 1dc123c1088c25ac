/**
 * Permissions: who may see what floe makes. The owner alone, unless a group is named.
 */

/** Modes of files and directories, and the group they are given to. */
export interface Permissions {
  readonly fileMode: number;
  readonly directoryMode: number;
  readonly groupId?: number;
}

/** Only the user that made a file may use it: 0600 and 0700. */
export const PRIVATE_PERMISSIONS: Permissions = { fileMode: 0o600, directoryMode: 0o700 };

/** The user and one group may use a file: 0660 and 0770. */
export function groupPermissions(groupId: number): Permissions {
  return { fileMode: 0o660, directoryMode: 0o770, groupId };
}
