/* Build-time program: turns openapi.yaml into JSON. gen_openapi IN.yaml > OUT.json
 *
 * YAML's scalars become JSON's by the core schema (YAML 1.2): plain null, true, false and numbers
 * have their types, everything else is a string. Keys keep their order. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

static void fail(const char *what, const yaml_node_t *node)
{
    fprintf(stderr, "gen_openapi: line %zu: %s\n", node->start_mark.line + 1, what);
    exit(1);
}

static json_t *number_or_null(const char *text)
{
    char *end;
    if (!strchr("-.0123456789", text[0]))
        return NULL;
    errno = 0;
    long long integer = strtoll(text, &end, 10);
    if (*end == '\0' && end != text && errno == 0)
        return json_integer(integer);
    double real = strtod(text, &end);
    return *end == '\0' && end != text ? json_real(real) : NULL;
}

static json_t *scalar(const yaml_node_t *node)
{
    const char *text = (const char *)node->data.scalar.value;
    if (node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
        return json_string(text);
    if (strcmp(text, "null") == 0 || strcmp(text, "~") == 0)
        return json_null();
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(text[0] == 't');
    if (text[0] == '\0')
        fail("an empty value", node);
    json_t *number = number_or_null(text);
    return number ? number : json_string(text);
}

static json_t *convert(yaml_document_t *doc, int index)
{
    const yaml_node_t *node = yaml_document_get_node(doc, index);
    if (node->type == YAML_SCALAR_NODE)
        return scalar(node);
    if (node->type == YAML_SEQUENCE_NODE) {
        json_t *array = json_array();
        for (const int *i = node->data.sequence.items.start; i < node->data.sequence.items.top; i++)
            json_array_append_new(array, convert(doc, *i));
        return array;
    }
    json_t *object = json_object();
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(doc, pair->key);
        if (key->type != YAML_SCALAR_NODE)
            fail("a key that is no text", key);
        const char *name = (const char *)key->data.scalar.value;
        if (json_object_get(object, name))
            fail("a key that is there already", key);
        if (json_object_set_new(object, name, convert(doc, pair->value)) != 0)
            fail("text that is not UTF-8", key);
    }
    return object;
}

int main(int argc, char **argv)
{
    FILE *in = argc == 2 ? fopen(argv[1], "rb") : NULL;
    if (!in) {
        fprintf(stderr, "gen_openapi: cannot read the YAML file given as the argument\n");
        return 2;
    }
    yaml_parser_t parser;
    yaml_document_t doc;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_file(&parser, in);
    if (!yaml_parser_load(&parser, &doc) || !yaml_document_get_root_node(&doc)) {
        fprintf(stderr, "gen_openapi: %s: line %zu: %s\n", argv[1], parser.problem_mark.line + 1,
                parser.problem ? parser.problem : "nothing there");
        return 1;
    }
    json_t *json = convert(&doc, (int)(yaml_document_get_root_node(&doc) - doc.nodes.start) + 1);
    int rc = json_dumpf(json, stdout, JSON_COMPACT);
    json_decref(json);
    yaml_document_delete(&doc);
    yaml_parser_delete(&parser);
    fclose(in);
    return rc == 0 && fflush(stdout) == 0 ? 0 : 1;
}
