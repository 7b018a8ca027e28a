import { replaceHciSocket } from "../virtual-controller/socket.js";
import { EmulatedHciSocket, newBus } from "./socket.js";

replaceHciSocket(() => new EmulatedHciSocket(newBus()));
