/** The Fitness Machine Service and its characteristics (wire-facts b). */
export const FTMS = {
  service: "1826",
  feature: "2acc",
  treadmillData: "2acd",
  trainingStatus: "2ad3",
  speedRange: "2ad4",
  inclineRange: "2ad5",
  controlPoint: "2ad9",
  machineStatus: "2ada",
  /** KingSmith's, in the same service (b.7.6). */
  preamble: "d18d2c10c44c11e8a355529269fb1459",
} as const;
