export { conv1d, conv2d } from '@flambeau/autograd';
