export { type LoadMNISTOptions, loadMNIST } from './load-mnist.ts';
