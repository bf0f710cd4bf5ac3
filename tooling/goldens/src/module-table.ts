/** How one PyTorch module class is constructed and called in Flambeau; see `parseSignature`. */
export interface ModuleRow {
  /** Where the constructor's arguments go. Without one, positional arguments stay and named ones are options. */
  readonly constructor?: string;
  /** Where the arguments of a call go. */
  readonly forward?: string;
}

const deprecated = '~size_average ~reduce';
const convolution = 'in_channels out_channels kernel_size | stride padding dilation groups bias padding_mode';
const transposed =
  'in_channels out_channels kernel_size | stride padding output_padding groups bias dilation padding_mode';
const lazyConvolution = 'out_channels kernel_size | stride padding dilation groups bias padding_mode';
const lazyTransposed = 'out_channels kernel_size | stride padding output_padding groups bias dilation padding_mode';
const maxPool = 'kernel_size | stride padding dilation return_indices ceil_mode';
const averagePool = 'kernel_size | stride padding ceil_mode count_include_pad divisor_override';
const unpool = 'kernel_size | stride padding';
const powerPool = 'norm_type kernel_size | stride ceil_mode';
const adaptivePool = 'output_size | return_indices';
const batchNorm = 'num_features | eps momentum affine track_running_stats';
const lazyBatchNorm = '| eps momentum affine track_running_stats';
const dropout = 'p | inplace';
const inPlace = '| inplace';
const upsample = '| size scale_factor mode align_corners recompute_scale_factor';
const recurrent = 'input_size hidden_size | num_layers bias batch_first dropout bidirectional proj_size nonlinearity';
const cell = 'input_size hidden_size | bias nonlinearity';
const transformerLayer =
  'd_model nhead | dim_feedforward dropout activation layer_norm_eps batch_first norm_first bias';
const window = 'kernel_size | dilation padding stride';
const margin = '| margin reduction';

const row = (parameters: string, forward?: string): ModuleRow =>
  forward === undefined ? { constructor: parameters } : { constructor: parameters, forward };

/** Classes whose arguments do not simply stay where Python has them. */
export const moduleTable: Readonly<Record<string, ModuleRow>> = {
  Linear: row('in_features out_features | bias', 'input'),
  LazyLinear: row('out_features | bias'),
  Bilinear: row('in1_features in2_features out_features | bias'),
  Flatten: row('start_dim end_dim'),
  Unflatten: row('dim unflattened_size'),
  Embedding: row('num_embeddings embedding_dim | padding_idx max_norm norm_type scale_grad_by_freq sparse'),
  EmbeddingBag: row(
    'num_embeddings embedding_dim | max_norm norm_type scale_grad_by_freq mode sparse include_last_offset padding_idx',
    'input offsets | per_sample_weights',
  ),

  Conv1d: row(convolution),
  Conv2d: row(convolution),
  Conv3d: row(convolution),
  ConvTranspose1d: row(transposed, 'input output_size'),
  ConvTranspose2d: row(transposed, 'input output_size'),
  ConvTranspose3d: row(transposed, 'input output_size'),
  LazyConv1d: row(lazyConvolution),
  LazyConv2d: row(lazyConvolution),
  LazyConv3d: row(lazyConvolution),
  LazyConvTranspose1d: row(lazyTransposed),
  LazyConvTranspose2d: row(lazyTransposed),
  LazyConvTranspose3d: row(lazyTransposed),
  Fold: row('output_size kernel_size | dilation padding stride'),
  Unfold: row(window),

  MaxPool1d: row(maxPool),
  MaxPool2d: row(maxPool),
  MaxPool3d: row(maxPool),
  AvgPool1d: row(averagePool),
  AvgPool2d: row(averagePool),
  AvgPool3d: row(averagePool),
  AdaptiveMaxPool1d: row(adaptivePool),
  AdaptiveMaxPool2d: row(adaptivePool),
  AdaptiveMaxPool3d: row(adaptivePool),
  FractionalMaxPool2d: row('kernel_size | output_size output_ratio return_indices _random_samples=randomSamples'),
  FractionalMaxPool3d: row('kernel_size | output_size output_ratio return_indices _random_samples=randomSamples'),
  LPPool1d: row(powerPool),
  LPPool2d: row(powerPool),
  LPPool3d: row(powerPool),
  MaxUnpool1d: row(unpool, 'input indices | output_size'),
  MaxUnpool2d: row(unpool, 'input indices | output_size'),
  MaxUnpool3d: row(unpool, 'input indices | output_size'),

  BatchNorm1d: row(batchNorm),
  BatchNorm2d: row(batchNorm),
  BatchNorm3d: row(batchNorm),
  SyncBatchNorm: row(batchNorm),
  InstanceNorm1d: row(batchNorm),
  InstanceNorm2d: row(batchNorm),
  InstanceNorm3d: row(batchNorm),
  LazyBatchNorm1d: row(lazyBatchNorm),
  LazyBatchNorm2d: row(lazyBatchNorm),
  LazyBatchNorm3d: row(lazyBatchNorm),
  LazyInstanceNorm1d: row(lazyBatchNorm),
  LazyInstanceNorm2d: row(lazyBatchNorm),
  LazyInstanceNorm3d: row(lazyBatchNorm),
  GroupNorm: row('num_groups num_channels | eps affine'),
  LayerNorm: row('normalized_shape | eps elementwise_affine bias'),
  RMSNorm: row('normalized_shape | eps elementwise_affine'),
  LocalResponseNorm: row('size | alpha beta k'),
  CrossMapLRN2d: row('size | alpha beta k'),

  Dropout: row(dropout),
  Dropout1d: row(dropout),
  Dropout2d: row(dropout),
  Dropout3d: row(dropout),
  AlphaDropout: row(dropout),
  FeatureAlphaDropout: row(dropout),

  ReLU: row(inPlace),
  ReLU6: row(inPlace),
  SELU: row(inPlace),
  SiLU: row(inPlace),
  Mish: row(inPlace),
  Hardsigmoid: row(inPlace),
  Hardswish: row(inPlace),
  LeakyReLU: row('negative_slope | inplace'),
  ELU: row('alpha | inplace'),
  CELU: row('alpha | inplace'),
  Hardtanh: row('min_val max_val | inplace'),
  Threshold: row('threshold value | inplace'),
  RReLU: row('lower upper | inplace'),
  GELU: row('| approximate'),
  GLU: row('dim'),
  PReLU: row('num_parameters | init'),
  Softplus: row('beta threshold'),
  Softmax: row('dim'),
  Softmin: row('dim'),
  LogSoftmax: row('dim'),
  AdaptiveLogSoftmaxWithLoss: row('in_features n_classes cutoffs | div_value head_bias'),

  MultiheadAttention: row(
    'embed_dim num_heads | dropout bias add_bias_kv add_zero_attn kdim vdim batch_first',
    'query key value | key_padding_mask need_weights attn_mask average_attn_weights is_causal',
  ),
  TransformerEncoderLayer: row(transformerLayer, 'src | src_mask src_key_padding_mask is_causal'),
  TransformerDecoderLayer: row(
    transformerLayer,
    'tgt memory | tgt_mask memory_mask tgt_key_padding_mask memory_key_padding_mask',
  ),
  TransformerEncoder: row('encoder_layer num_layers | norm', 'src | mask src_key_padding_mask'),
  TransformerDecoder: row('decoder_layer num_layers | norm', 'tgt memory | tgt_mask tgt_key_padding_mask'),
  Transformer: row(
    '| d_model nhead num_encoder_layers num_decoder_layers dim_feedforward dropout activation batch_first norm_first',
    'src tgt | src_mask tgt_mask memory_mask src_key_padding_mask tgt_key_padding_mask',
  ),

  RNN: row(recurrent),
  LSTM: row(recurrent),
  GRU: row(recurrent),
  RNNCell: row(cell),
  LSTMCell: row(cell),
  GRUCell: row(cell),

  BCELoss: row(`| weight ${deprecated} reduction`),
  BCEWithLogitsLoss: row(`| weight ${deprecated} reduction pos_weight`),
  CrossEntropyLoss: row('| weight ~size_average ignore_index ~reduce reduction label_smoothing'),
  NLLLoss: row('| weight ~size_average ignore_index ~reduce reduction'),
  PoissonNLLLoss: row('| log_input full ~size_average eps ~reduce reduction'),
  CosineEmbeddingLoss: row(margin),
  HingeEmbeddingLoss: row(margin),
  MarginRankingLoss: row(margin),
  MultiMarginLoss: row('| p margin weight reduction'),
  MultiLabelSoftMarginLoss: row('| weight reduction'),
  CTCLoss: row('| blank reduction zero_infinity'),

  CosineSimilarity: row('| dim eps'),
  PairwiseDistance: row('| p eps keepdim'),
  Upsample: row(upsample),
  UpsamplingNearest2d: row(upsample),
  UpsamplingBilinear2d: row(upsample),
};
