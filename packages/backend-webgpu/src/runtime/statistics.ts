/** What a device was asked to do since it was opened. */
export interface WebGpuStatistics {
  /** Shaders run. */
  dispatches: number;
  /** Command buffers handed to the device. */
  submits: number;
  /** Elements sent to the device (bytes). */
  uploadedBytes: number;
  /** Elements brought back (bytes). */
  downloadedBytes: number;
  /** Launch numbers sent to the device, with the gaps between them (bytes). */
  launchBytes: number;
  /** Results brought back together are one map. */
  maps: number;
  /** Shaders compiled. */
  pipelines: number;
  /** Sets of buffers bound for the first time, or again after they were forgotten. */
  bindGroups: number;
  /** Pieces of memory made, rather than reused. */
  memories: number;
}

/** Counters at zero. */
export function noStatistics(): WebGpuStatistics {
  return {
    dispatches: 0,
    submits: 0,
    uploadedBytes: 0,
    downloadedBytes: 0,
    launchBytes: 0,
    maps: 0,
    pipelines: 0,
    bindGroups: 0,
    memories: 0,
  };
}
