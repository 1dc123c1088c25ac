/**
 * A process that cleans a domain, as any other does that comes by.
 */
import { Node } from "floe";
import { programData, say } from "../../support/program.ts";
import type { SenderAssignment } from "../programs.ts";

const { domain } = programData<SenderAssignment>();
const { removedNodeIds } = Node.clean({ domain });
say({ say: "cleaned", removedNodeIds });
