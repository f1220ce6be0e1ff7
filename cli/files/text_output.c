/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files/text_output.h"

#include <stdlib.h>

enum { SPILL = 1 << 16 };

enum exit_code text_output_open(struct text_output *out, struct console *console, const char *path,
                                bool force)
{
    *out = (struct text_output){.text = NULL};
    enum exit_code code = path ? output_open_file(&out->output, console, path, force)
                               : output_open_stdout(&out->output, console, true);
    if (code != EXIT_CODE_OK)
        return code;
    out->text = open_memstream(&out->data, &out->n);
    if (out->text)
        return EXIT_CODE_OK;
    output_abort(&out->output);
    return fail_with_status(console, path, TACIT_ERR_MEMORY);
}

static enum exit_code write_gathered(struct text_output *out)
{
    if (fflush(out->text) != 0 || ferror(out->text))
        return fail_with_status(out->output.console, out->output.name, TACIT_ERR_MEMORY);
    enum exit_code code = output_write(&out->output, out->data, out->n);
    rewind(out->text);
    return code;
}

enum exit_code text_output_spill(struct text_output *out)
{
    return ftello(out->text) < SPILL ? EXIT_CODE_OK : write_gathered(out);
}

static void release(struct text_output *out)
{
    if (!out->text)
        return;
    fclose(out->text);
    free(out->data);
    out->text = NULL;
}

enum exit_code text_output_commit(struct text_output *out)
{
    enum exit_code code = write_gathered(out);
    release(out);
    if (code == EXIT_CODE_OK)
        return output_commit(&out->output, NULL);
    output_abort(&out->output);
    return code;
}

void text_output_abort(struct text_output *out)
{
    if (!out->text)
        return;
    release(out);
    output_abort(&out->output);
}
