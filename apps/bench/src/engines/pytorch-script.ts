/** The PyTorch side of the comparison: reads one request a line, does the work, answers with one line. */
export const pytorchScript: string = `
import json, math, sys, time
import torch
from torch import nn
from torch.nn import functional as F

torch.set_num_threads(int(sys.argv[1]))


def load(source):
    x = torch.from_file(source['path'], size=math.prod(source['shape']), dtype=torch.float32)
    x = x.clone().reshape(source['shape'])
    return x.long() if source['classes'] else x


def plain(body):
    return lambda options, *inputs: lambda: [body(*inputs)]


def matmul(options, a, b):
    left, right = options['transposes']
    return lambda: [(a.t() if left == 't' else a) @ (b.t() if right == 't' else b)]


def adds(options, x, y):
    def body():
        total = x + y
        for _ in range(options['times'] - 1):
            total = total + y
        return [total]
    return body


def convolution(backward):
    def make(options, x, w, *gradient):
        groups = x.shape[1] // w.shape[1]
        forward = lambda: F.conv2d(x, w, None, options['stride'], options['padding'], 1, groups)
        if not backward:
            return lambda: [forward()]
        x.requires_grad_()
        w.requires_grad_()

        def body():
            x.grad = w.grad = None
            forward().backward(gradient[0])
            return [x.grad, w.grad]
        return body
    return make


class Mlp(nn.Module):
    def __init__(self, weights, activation):
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(w.shape[1], w.shape[0]) for w in weights[::2])
        self.activation = activation

    def forward(self, x):
        for i, layer in enumerate(self.layers):
            x = layer(self.activation(x) if i else x)
        return x


class Cnn(nn.Module):
    def __init__(self, weights):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.classifier = nn.Linear(weights[4].shape[1], weights[4].shape[0])

    def forward(self, x):
        for conv in (self.conv1, self.conv2):
            x = F.max_pool2d(F.relu(conv(x)), 2)
        return self.classifier(x.flatten(1))


class Gpt(nn.Module):
    def __init__(self, weights, heads, block):
        super().__init__()
        vocabulary, width = weights[0].shape
        inner = weights[5].shape[0]
        make = lambda: nn.TransformerEncoderLayer(
            width, heads, inner, dropout=0.0, activation='gelu', batch_first=True, norm_first=True)
        self.embedding = nn.Embedding(vocabulary, width)
        self.blocks = nn.ModuleList(make() for _ in range((len(weights) - 3) // block))
        self.head = nn.Linear(width, vocabulary)

    def forward(self, ids):
        mask = torch.triu(torch.full((ids.shape[1], ids.shape[1]), float('-inf')), 1)
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, mask)
        return self.head(x).flatten(0, 1)


def training(options, *inputs):
    *weights, x, y = inputs
    recipe = options['recipe']
    network = {
        'mlp': lambda: Mlp(weights, getattr(torch, recipe['activation'])),
        'cnn': lambda: Cnn(weights),
        'gpt': lambda: Gpt(weights, options['heads'], options['blockParameters']),
    }[recipe['network']]()
    parameters = list(network.parameters())
    assert [tuple(p.shape) for p in parameters] == [tuple(w.shape) for w in weights]
    with torch.no_grad():
        for parameter, weight in zip(parameters, weights):
            parameter.copy_(weight)
    kinds = {'sgd': torch.optim.SGD, 'adam': torch.optim.Adam, 'adamW': torch.optim.AdamW}
    optimizer = kinds[recipe['optimizer']](parameters, lr=recipe['lr'])
    criterion = F.cross_entropy if recipe['loss'] == 'crossEntropy' else F.mse_loss
    expected = y.flatten() if recipe['network'] == 'gpt' else y

    def body():
        optimizer.zero_grad()
        loss = criterion(network(x), expected)
        loss.backward()
        optimizer.step()
        loss.item()
        return [loss]
    return body


OPERATIONS = {
    'matmul': matmul,
    'add': plain(torch.add),
    'mulAdd': plain(lambda x, y, z: x * y + z),
    'chain': plain(lambda x, y: ((x * y + 1.5).clamp(min=0) * 0.25 - y).clamp(max=2) * 1.1 + y),
    'exp': plain(torch.exp),
    'tanh': plain(torch.tanh),
    'gelu': plain(F.gelu),
    'sigmoid': plain(torch.sigmoid),
    'div': plain(torch.div),
    'minimum': plain(torch.minimum),
    'sum': plain(torch.sum),
    'sumRows': plain(lambda x: x.sum(1)),
    'sumColumns': plain(lambda x: x.sum(0)),
    'max': plain(lambda x: x.amax(1)),
    'argmax': plain(lambda x: x.argmax(1)),
    'softmax': plain(lambda x: x.softmax(-1)),
    'logSoftmax': plain(lambda x: x.log_softmax(-1)),
    'layerNorm': plain(lambda x: F.layer_norm(x, x.shape[1:])),
    'adds': adds,
    'conv': convolution(False),
    'convBackward': convolution(True),
}

body = None


def answer(request):
    global body
    if request['do'] == 'prepare':
        make = training if request['options']['recipe'] else OPERATIONS[request['operation']]
        body = make(request['options'], *[load(source) for source in request['inputs']])
        return {}
    if request['do'] == 'close':
        body = None
        return {}
    started = time.perf_counter()
    for _ in range(request['runs']):
        values = body()
    if request['do'] == 'time':
        return {'milliseconds': (time.perf_counter() - started) * 1e3}
    values = torch.cat([value.detach().float().flatten() for value in values])
    torch.from_file(request['path'], shared=True, size=len(values), dtype=torch.float32).copy_(values)
    return {}


print(json.dumps({'version': torch.__version__, 'threads': torch.get_num_threads()}), flush=True)
for line in sys.stdin:
    try:
        reply = answer(json.loads(line))
    except Exception as error:
        reply = {'error': f'{type(error).__name__}: {error}'}
    print(json.dumps(reply), flush=True)
`;
