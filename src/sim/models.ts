import type { SimulatedModel } from "../domain/faults.js";
import { FTMS_MODELS, type FtmsModel } from "./ftms/models.js";
import { TEXT_MODELS, type TextModel } from "./kingsmith-text/models.js";
import { PITPAT_MODELS, type PitPatModel } from "./pitpat/models.js";
import { SPERAX_MODELS, type SperaxModel } from "./sperax/models.js";
import { WILINK_MODELS, type WiLinkModel } from "./wilink/models.js";

const MODELS = { ...WILINK_MODELS, ...FTMS_MODELS, ...TEXT_MODELS, ...PITPAT_MODELS, ...SPERAX_MODELS };

/** The row of a model. */
export const machineModel = <Name extends SimulatedModel>(name: Name): (typeof MODELS)[Name] => MODELS[name];

export type { FtmsModel, PitPatModel, SperaxModel, TextModel, WiLinkModel };
