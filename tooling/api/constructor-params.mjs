// The house documents a constructor's parameters in the docstring of its class; TypeDoc looks for them at the
// constructor, and takes a class comment of a callable class for that of the call. This plugin moves them.
import { Comment, Converter, ReflectionKind } from 'typedoc';

/** @param {import('typedoc').Application} app */
export function load(app) {
  app.converter.on(
    Converter.EVENT_RESOLVE_BEGIN,
    ({ project }) => {
      for (const type of project.getReflectionsByKind(ReflectionKind.Class)) {
        const { comment } = type;
        const tags = comment?.blockTags.filter(({ tag }) => tag === '@param');
        if (!comment || !tags?.length) continue;
        comment.removeTags('@param');
        const maker = /** @type {import('typedoc').DeclarationReflection} */ (type.getChildByName('constructor'));
        for (const signature of maker?.signatures ?? []) {
          signature.comment ??= new Comment();
          signature.comment.blockTags.push(...tags);
        }
      }
    },
    1000,
  );
}
